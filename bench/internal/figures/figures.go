// Package figures is what a client of the comparison prints when it is done.
package figures

// Run is one run against one server, as a JSON object. What is counted is
// what came back within the window.
type Run struct {
	Client  string  `json:"client"`
	Conns   int     `json:"conns"`
	Size    int     `json:"size"`
	Depth   int     `json:"depth"`
	Rate    float64 `json:"rate"` // 0: the next message when one has come back
	Threads int     `json:"threads"`

	Seconds  float64 `json:"seconds"`
	Messages int64   `json:"messages"`
	Latency  Latency `json:"latency_us"`

	ServerCPU float64 `json:"server_cpu_s"`
	ClientCPU float64 `json:"client_cpu_s"`

	// ServerRSS is the server's memory in bytes when all connections had had
	// one echo, before the load; ServerRSSLoad at the end of the window.
	ServerRSS     int64 `json:"server_rss"`
	ServerRSSLoad int64 `json:"server_rss_load"`
}

// Latency is in microseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

// CPUPerMessage is the server's CPU time for a message, in microseconds.
func (r *Run) CPUPerMessage() float64 { return r.ServerCPU * 1e6 / float64(r.Messages) }

// Throughput is in messages a second.
func (r *Run) Throughput() float64 { return float64(r.Messages) / r.Seconds }
