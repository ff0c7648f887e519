package main

import (
	"fmt"
	"strings"
	"time"

	"iocp/cmd/iocp/load"
)

// thresholds are what a run must keep to, for the sake of jobs that fail
// otherwise.
type thresholds struct {
	FailP99        span      `name:"fail-p99" placeholder:"TIME" help:"Exit with 3 if the 99th percentile of the latency is more than this."`
	FailThroughput frequency `placeholder:"N" help:"Exit with 3 if there are fewer messages a second."`
	FailErrors     *amount   `placeholder:"N" help:"Exit with 3 if there are more errors, and with 0 in spite of as many. Default: exit with 1 if there is any."`
}

// missedError says which thresholds were not kept to.
type missedError struct{ text string }

func (e *missedError) Error() string { return e.text }

func (t *thresholds) check(scenario string) error {
	switch {
	case t.FailP99 < 0 || t.FailThroughput < 0 || t.FailErrors != nil && *t.FailErrors < 0:
		return fmt.Errorf("--fail-p99, --fail-throughput and --fail-errors must not be negative: leave them out")
	case t.FailP99 > 0 && scenario == load.Slow:
		return fmt.Errorf("--fail-p99 is of latencies, which --scenario=slow has none of: leave it out")
	}
	return nil
}

// judge decides what becomes of a run that ended with err.
func (t *thresholds) judge(r *load.Result, err error) error {
	var missed []string
	miss := func(format string, args ...any) { missed = append(missed, fmt.Sprintf(format, args...)) }
	p99 := time.Duration(r.LatencyUS.P99 * float64(time.Microsecond))
	switch limit := time.Duration(t.FailP99); {
	case limit > 0 && r.LatencyUS.Count == 0:
		miss("no latency was measured that --fail-p99=%v could allow", limit)
	case limit > 0 && p99 > limit:
		miss("the latency's p99 is %v, and --fail-p99 allows %v", p99, limit)
	}
	if r.ThroughputPerS < float64(t.FailThroughput) {
		miss("there were %.0f messages a second, and --fail-throughput wants %.0f", r.ThroughputPerS, float64(t.FailThroughput))
	}
	if t.FailErrors != nil && r.Errors > 0 {
		if r.Errors > int64(*t.FailErrors) {
			miss("there were %d errors, and --fail-errors allows %d: %v", r.Errors, *t.FailErrors, err)
		}
		err = nil
	}
	if missed != nil {
		return &missedError{strings.Join(missed, "; ")}
	}
	return err
}
