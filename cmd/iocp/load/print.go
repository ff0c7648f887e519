package load

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// JSON writes the result as one object.
func (r *Result) JSON(w io.Writer) error {
	whole := *r
	if h := r.Latencies; h != nil && h.TotalCount() > 0 {
		text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			return err
		}
		whole.LatenciesHDR = string(text)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(whole)
}

// table is rows of a name and what is to say.
type table struct{ out *tabwriter.Writer }

func (t table) row(name, format string, args ...any) {
	fmt.Fprintf(t.out, name+"\t"+format+"\n", args...)
}

// Table writes the result for people.
func (r *Result) Table(w io.Writer) error {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.row("target", "%s, %s, for %.1f s", r.Target, r.what(), r.DurationS)
	unit := r.unit()
	t.row(unitsOf(unit), "%d, %.0f a second, %.1f MB a second", r.Messages, r.ThroughputPerS, ratio(float64(r.Bytes)/1e6, r.DurationS))
	if c := r.ConnectUS; c != nil {
		t.latency("connecting (µs)", *c)
	}
	if r.Scenario != Slow {
		t.latency("latency (µs)", r.LatencyUS)
	}
	if l := r.LatenessUS; l != nil {
		t.latency("lateness (µs)", *l)
	}
	r.specialRows(t)
	if s := r.Server; s != nil {
		t.row("server's CPU", "%.2f s, %s µs a %s, %s %s a CPU second", s.CPUS, r.each(s.CPUUSPerMessage, 2), unit, r.each(s.MessagesPerCPUS, 0), unitsOf(unit))
		t.row("server's memory", "%.1f MB%s", float64(s.RSS)/1e6, s.eachConn())
	}
	t.row("own CPU", "%.2f s, %s µs a %s, %s, %s, %s", r.OwnCPUS, r.each(r.OwnCPUUSPerMessage, 2), unit, r.Backend, r.Go, r.Kernel)
	if r.Errors > 0 {
		t.row("errors", "%d%s", r.Errors, r.Failures)
	}
	if r.Note != "" {
		t.row("note", "%s", r.Note)
	}
	return t.out.Flush()
}

func (s *Server) eachConn() string {
	if s.RSSPerConn == nil {
		return ""
	}
	return fmt.Sprintf(", %.0f bytes more for each connection", *s.RSSPerConn)
}

// each is a figure for each message: a dash if there was none.
func (r *Result) each(figure float64, digits int) string {
	if r.Messages == 0 {
		return "-"
	}
	return strconv.FormatFloat(figure, 'f', digits, 64)
}

func (t table) latency(name string, l Latency) {
	if l.Count == 0 {
		t.row(name, "-")
		return
	}
	t.row(name, "p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f  mean %.1f", l.P50, l.P90, l.P99, l.P999, l.Max, l.Mean)
}

// specialRows has what only the one scenario has.
func (r *Result) specialRows(t table) {
	if s := r.Slow; s != nil {
		t.row("slow readers", "%d held back, %d not, %d closed, %d reset", s.Held, s.Unheld, s.Closed, s.Reset)
		t.row("taken unread", "%.1f kB on a connection, at most %.1f", s.Ahead/1e3, float64(s.AheadMax)/1e3)
	}
	if f := r.Fanout; f != nil {
		t.row("lines", "%d said, %d others heard", f.Lines, f.Foreign)
	}
}

func (r *Result) unit() string {
	kind, err := scenarioNamed(r.Scenario)
	if err != nil {
		return "message"
	}
	return kind.unit
}

// what tells what is done.
func (r *Result) what() string {
	from := ""
	if r.Sources > 0 {
		from = fmt.Sprintf(" from %d addresses", r.Sources)
	}
	switch r.Scenario {
	case Idle:
		return fmt.Sprintf("%d connections%s, %d of them active, messages of %d bytes, %s", r.Conns, from, r.Active, r.Size, r.loop())
	case Storm, Half:
		half := ""
		if r.Scenario == Half {
			half = ", half-closed"
		}
		return fmt.Sprintf("new connections%s, %d at a time, %d messages of %d bytes on each%s, %s", from, r.Conns, r.Depth, r.Size, half, r.often())
	case Slow:
		return fmt.Sprintf("%d slow readers%s, messages of %d bytes", r.Conns, from, r.Size)
	case Fanout:
		return fmt.Sprintf("%d members%s, lines of %d bytes, %s", r.Conns, from, r.Size, r.loop())
	}
	return fmt.Sprintf("%d connections%s, messages of %d bytes, %s", r.Conns, from, r.Size, r.loop())
}

// loop names the kind of load.
func (r *Result) loop() string {
	each := " on each"
	if r.Scenario == Fanout {
		each = ""
	}
	switch {
	case r.Rate == 0:
		return fmt.Sprintf("%d at a time%s", r.Depth, each)
	case r.Depth == 0:
		return fmt.Sprintf("%g due a second", r.Rate)
	}
	return fmt.Sprintf("%g due a second, at most %d at a time%s", r.Rate, r.Depth, each)
}

func (r *Result) often() string {
	if r.Rate == 0 {
		return "as many as can be"
	}
	return fmt.Sprintf("%g due a second", r.Rate)
}

// String lists what there was any of, for the end of a line.
func (f *Failures) String() string {
	if f == nil {
		return ""
	}
	names := []string{"refused", "reset", "closed too soon", "timed out", "corrupt", "without an answer", "lost", "misordered", "other"}
	var parts []string
	for i, n := range f.counters() {
		if *n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", *n, names[i]))
		}
	}
	return ": " + strings.Join(parts, ", ")
}
