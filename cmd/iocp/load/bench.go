package load

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
)

// Bench writes the result as go test writes a benchmark's, so that benchstat
// and others read it (https://go.dev/design/14313-benchmark-format). An
// operation is whatever the scenario counts. The number after the last dash is
// that of the CPUs which both processes share.
func (r *Result) Bench(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: iocp/cmd/iocp/load\nbackend: %s\n", runtime.GOOS, runtime.GOARCH, r.Backend)
	fmt.Fprintf(&b, "%s-%d\t%d\t%.1f ns/op", r.benchName(), runtime.NumCPU(), max(r.Messages, 1), ratio(r.DurationS*1e9, float64(r.Messages)))
	value := func(v float64, unit string) {
		fmt.Fprintf(&b, "\t%s %s", strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64), unit)
	}
	if r.Latencies != nil && r.Latencies.TotalCount() > 0 {
		for _, p := range []struct {
			percentile float64
			unit       string
		}{{50, "p50-ns"}, {99, "p99-ns"}, {99.9, "p99.9-ns"}} {
			value(float64(r.Latencies.ValueAtPercentile(p.percentile)), p.unit)
		}
	}
	if s := r.Server; s != nil {
		value(s.CPUUSPerMessage*1e3, "cpu-ns/op")
	}
	if s := r.Server; s != nil && s.RSSPerConn != nil {
		value(*s.RSSPerConn, "B/conn")
	}
	value(r.OwnCPUUSPerMessage*1e3, "own-cpu-ns/op")
	value(float64(r.Errors), "errors")
	_, err := fmt.Fprintln(w, b.String())
	return err
}

// benchName tells what was done, as benchstat's projections want it.
func (r *Result) benchName() string {
	name := "BenchmarkLoad"
	if r.Scenario != Echo {
		name += "/scenario=" + r.Scenario
	}
	name += fmt.Sprintf("/conns=%d/size=%d", r.Conns, r.Size)
	if r.Active > 0 {
		name += fmt.Sprintf("/active=%d", r.Active)
	}
	if r.Depth > 0 {
		name += fmt.Sprintf("/depth=%d", r.Depth)
	}
	if r.Rate > 0 {
		name += fmt.Sprintf("/rate=%g", r.Rate)
	}
	return name
}
