package load

import (
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what was measured. The names of its JSON fields stay.
type Result struct {
	Target         string  `json:"target"`
	Conns          int     `json:"conns"`
	Size           int     `json:"size"`
	Depth          int     `json:"depth"` // 0: no limit
	Rate           float64 `json:"rate"`  // 0: closed loop
	DurationS      float64 `json:"duration_s"`
	Messages       int64   `json:"messages"` // that came back within the duration
	Bytes          int64   `json:"bytes"`    // of echo, likewise
	Errors         int64   `json:"errors"`   // connections lost, messages never answered
	ThroughputPerS float64 `json:"throughput_per_s"`
	LatencyUS      Latency `json:"latency_us"`
	OwnCPUS        float64 `json:"own_cpu_s"`
	Server         *Server `json:"server,omitempty"`
	Backend        string  `json:"backend"` // of the load tool
	Go             string  `json:"go"`
	Kernel         string  `json:"kernel"`
	Note           string  `json:"note,omitempty"`

	// Latencies has the latency in nanoseconds of every message that was due
	// within the duration, those answered afterwards included.
	Latencies *hdrhistogram.Histogram `json:"-"`
}

// Latency sums up Latencies, in microseconds.
type Latency struct {
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
}

// result adds up what the workers have measured.
func (r *run) result(target netip.AddrPort) *Result {
	all := newTally()
	for _, w := range r.workers {
		all.add(&w.tally)
	}
	seconds := max(r.end()-r.from, 0).Seconds()
	res := &Result{
		Target: hostPort(target), Conns: r.cfg.Conns, Size: r.cfg.Size, Depth: r.cfg.Depth, Rate: r.cfg.Rate,
		DurationS: seconds, Messages: all.answered, Bytes: all.bytes, Errors: all.errors,
		ThroughputPerS: ratio(float64(all.answered), seconds),
		LatencyUS:      summary(all.latency), Latencies: all.latency,
		OwnCPUS: r.own.Seconds(), Backend: r.workers[0].port.Backend(),
		Go: runtime.Version(), Kernel: kernel(), Note: r.note(&all),
	}
	if r.meter.server != nil && r.server > 0 {
		s := r.server.Seconds()
		res.Server = &Server{s, ratio(s*1e6, float64(all.answered)), ratio(float64(all.answered), s)}
	}
	return res
}

func (t *tally) add(o *tally) {
	t.latency.Merge(o.latency)
	t.answered += o.answered
	t.bytes += o.bytes
	t.due += o.due
	t.late += o.late
	t.latest = max(t.latest, o.latest)
	t.noAnswer += o.noAnswer
	t.errors += o.errors
}

// note says what a reader of the figures has to know.
func (r *run) note(all *tally) string {
	var notes []string
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if r.interrupted {
		add("interrupted")
	}
	if all.late*100 > all.due {
		add("the load tool couldn't keep the rate: it was over %v late for %d of %d messages, at worst %v",
			lateMax, all.late, all.due, all.latest.Round(time.Millisecond))
	}
	if behind := all.due - all.answered; behind > 2 && behind*100 > all.due {
		add("of %d messages due, %d were answered in time", all.due, all.answered)
	}
	if all.noAnswer > 0 {
		add("messages without an answer %[2]v after the end: %[1]d; their latency is at least what is counted", all.noAnswer, answersMax)
	}
	return strings.Join(notes, "; ")
}

func summary(h *hdrhistogram.Histogram) Latency {
	at := func(p float64) float64 { return micros(float64(h.ValueAtPercentile(p))) }
	return Latency{at(50), at(90), at(99), at(99.9), micros(float64(h.Max())), micros(h.Mean())}
}

// micros rounds to what the clock and the histogram are good for.
func micros(ns float64) float64 { return math.Round(ns/100) / 10 }

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
