package load

import (
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"iocp/cmd/iocp/internal/usage"
)

// Result is what was measured. The names of its JSON fields stay. What it
// calls messages is what the scenario counts: connections in Storm and Half,
// deliveries in Fanout.
type Result struct {
	Target         string    `json:"target"`
	Scenario       string    `json:"scenario"`
	Conns          int       `json:"conns"`
	Active         int       `json:"active,omitempty"`  // of these, in Idle
	Sources        int       `json:"sources,omitempty"` // addresses they come from, if chosen
	Size           int       `json:"size"`
	Depth          int       `json:"depth"` // 0: no limit
	Rate           float64   `json:"rate"`  // 0: closed loop
	DurationS      float64   `json:"duration_s"`
	Messages       int64     `json:"messages"` // that came back within the duration
	Bytes          int64     `json:"bytes"`    // received, likewise
	Errors         int64     `json:"errors"`   // connections lost, messages never answered
	Failures       *Failures `json:"failures,omitempty"`
	ThroughputPerS float64   `json:"throughput_per_s"`
	LatencyUS      Latency   `json:"latency_us"`
	LatenciesHDR   string    `json:"latencies_hdr,omitempty"` // Latencies, in HdrHistogram's compressed encoding, version 2; JSON sets it
	LatenessUS     *Latency  `json:"lateness_us,omitempty"`   // open loop: until the load tool started what was due, which LatencyUS includes

	ConnectUS *Latency      `json:"connect_us,omitempty"` // of Storm and Half: until connections are made
	Slow      *SlowResult   `json:"slow,omitempty"`
	Fanout    *FanoutResult `json:"fanout,omitempty"`

	OwnCPUS            float64 `json:"own_cpu_s"`
	OwnCPUUSPerMessage float64 `json:"own_cpu_us_per_message"`
	Server             *Server `json:"server,omitempty"`
	Backend            string  `json:"backend"` // of the load tool
	Go                 string  `json:"go"`
	Kernel             string  `json:"kernel"`
	Note               string  `json:"note,omitempty"`

	// Latencies has the latency in nanoseconds of every message that was due
	// within the duration, those answered afterwards included.
	Latencies *hdrhistogram.Histogram `json:"-"`
}

// Latency sums up latencies, in microseconds. All are 0 if none was measured.
type Latency struct {
	Count int64 `json:"count"` // how many were measured

	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
}

// Server is what the server's process took for it.
type Server struct {
	CPUS            float64 `json:"cpu_s"`
	CPUUSPerMessage float64 `json:"cpu_us_per_message"`
	MessagesPerCPUS float64 `json:"messages_per_cpu_s"`
	RSS             int64   `json:"rss_b"` // at the end

	// RSSPerConn is by how much it has grown for each connection since before
	// the first; nil where connections come and go.
	RSSPerConn *float64 `json:"rss_per_conn_b,omitempty"`
}

// FanoutResult is what was said to how many.
type FanoutResult struct {
	Lines   int64 `json:"lines"`   // said, warm-up included
	Foreign int64 `json:"foreign"` // lines heard that the load tool didn't say, such as notices
}

// result makes a Result of what the workers have measured.
func (r *run) result() *Result {
	all := r.total()
	seconds := max(r.end()-r.from, 0).Seconds()
	res := &Result{
		Target: hostPort(r.target), Scenario: r.cfg.Scenario, Conns: r.cfg.Conns, Sources: r.cfg.Sources,
		Size: r.cfg.Size, Depth: r.cfg.Depth, Rate: r.cfg.Rate,
		DurationS: seconds, Messages: all.answered, Bytes: all.bytes, Errors: all.failures.total(),
		ThroughputPerS: ratio(float64(all.answered), seconds),
		LatencyUS:      summary(all.latency), Latencies: all.latency,
		OwnCPUS: r.own.Seconds(), OwnCPUUSPerMessage: round2(ratio(r.own.Seconds()*1e6, float64(all.answered))),
		Backend: r.workers[0].port.Backend(),
		Go:      runtime.Version(), Kernel: usage.Kernel(), Note: r.note(all),
	}
	if res.Errors > 0 {
		res.Failures = &all.failures
	}
	if r.meter.server != nil && r.server >= 0 && r.rss > 0 { // it is still there
		res.Server = r.serverResult(all.answered)
	}
	if r.cfg.Rate > 0 {
		l := summary(all.lateness)
		res.LatenessUS = &l
	}
	r.special(res, all)
	return res
}

func (r *run) serverResult(messages int64) *Server {
	s := r.server.Seconds()
	res := &Server{CPUS: s, CPUUSPerMessage: ratio(s*1e6, float64(messages)), MessagesPerCPUS: ratio(float64(messages), s), RSS: r.rss}
	if r.cfg.Scenario != Storm && r.cfg.Scenario != Half {
		each := math.Round(float64(r.rss-r.meter.rss) / float64(r.cfg.Conns))
		res.RSSPerConn = &each
	}
	return res
}

// special adds what only the one scenario has.
func (r *run) special(res *Result, all *tally) {
	switch r.cfg.Scenario {
	case Idle:
		res.Active = r.cfg.Active
	case Storm, Half:
		l := summary(all.connects)
		res.ConnectUS = &l
	case Slow:
		slow := all.slow
		slow.Ahead = math.Round(float64(slow.aheadSum) / float64(r.cfg.Conns))
		res.Slow = &slow
	case Fanout:
		res.Fanout = &FanoutResult{r.speech.said.Load(), all.foreign}
	}
}

// note says what a reader of the figures has to know.
func (r *run) note(all *tally) string {
	var notes []string
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if r.interrupted {
		add("interrupted")
	}
	due := all.lateness.TotalCount()
	if all.late*100 > due {
		add("the load tool couldn't keep the rate: it was over %v late for %d of %d messages, at worst %v",
			lateMax, all.late, due, time.Duration(all.lateness.Max()).Round(time.Millisecond))
	}
	if r.cfg.Scenario == Fanout {
		due *= int64(r.cfg.Conns)
	}
	if behind := due - all.answered; behind > 2 && behind*100 > due {
		add("of %d %s due, %d were answered in time", due, unitsOf(r.kind.unit), all.answered)
	}
	if all.failures.NoAnswer > 0 {
		add("%[3]s without an answer %[2]v after the end: %[1]d; their latency is at least what is counted",
			all.failures.NoAnswer, answersMax, unitsOf(r.kind.unit))
	}
	return strings.Join(notes, "; ")
}

func summary(h *hdrhistogram.Histogram) Latency {
	at := func(p float64) float64 { return micros(float64(h.ValueAtPercentile(p))) }
	return Latency{h.TotalCount(), at(50), at(90), at(99), at(99.9), micros(float64(h.Max())), micros(h.Mean())}
}

// micros rounds to what the clock and the histogram are good for.
func micros(ns float64) float64 { return math.Round(ns/100) / 10 }

func round2(x float64) float64 { return math.Round(x*100) / 100 }

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// hostPort is how errors and results name the target.
func hostPort(target netip.AddrPort) string {
	return netip.AddrPortFrom(target.Addr().Unmap(), target.Port()).String()
}
