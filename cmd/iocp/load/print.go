package load

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// JSON writes the result as one object.
func (r *Result) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Table writes the result for people.
func (r *Result) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, name+"\t"+format+"\n", args...)
	}
	row("target", "%s, %d connections, messages of %d bytes, %s, for %.1f s", r.Target, r.Conns, r.Size, r.loop(), r.DurationS)
	row("messages", "%d, %.0f a second, %.1f MB a second", r.Messages, r.ThroughputPerS, ratio(float64(r.Bytes)/1e6, r.DurationS))
	l := r.LatencyUS
	row("latency (µs)", "p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  mean %.1f", l.P50, l.P90, l.P99, l.P999, l.Max, l.Mean)
	if s := r.Server; s != nil {
		row("server's CPU", "%.2f s, %.2f µs a message, %.0f messages a CPU second", s.CPUS, s.CPUUSPerMessage, s.MessagesPerCPUS)
	}
	row("own CPU", "%.2f s, %s, %s, %s", r.OwnCPUS, r.Backend, r.Go, r.Kernel)
	if r.Errors > 0 {
		row("errors", "%d", r.Errors)
	}
	if r.Note != "" {
		row("note", "%s", r.Note)
	}
	return t.Flush()
}

// loop names the kind of load.
func (r *Result) loop() string {
	switch {
	case r.Rate == 0:
		return fmt.Sprintf("%d at a time on each", r.Depth)
	case r.Depth == 0:
		return fmt.Sprintf("%g due a second", r.Rate)
	}
	return fmt.Sprintf("%g due a second, at most %d at a time on each", r.Rate, r.Depth)
}
