package main

import (
	"cmp"
	"iter"
	"slices"
)

// outcome is what a scenario has brought.
type outcome struct {
	Scenario    scenario              `json:"scenario"`
	Runs        []run                 `json:"runs"`             // round by round, each in its order
	Comparisons map[string]comparedTo `json:"comparisons"`      // by peer: ours / the peer's
	Memory      map[string]memory     `json:"memory,omitempty"` // by server, of silent connections
}

// comparedTo is our figures divided by a peer's.
type comparedTo struct {
	CPU        comparison `json:"cpu_per_message,omitzero"`
	Throughput comparison `json:"throughput,omitzero"`
	P99        comparison `json:"p99,omitzero"`
	Memory     comparison `json:"memory_per_connection,omitzero"`
}

// ratios are those of single pairs.
type ratios struct{ cpu, throughput, p99, memory []float64 }

// add takes a pair.
func (r *ratios) add(ours, theirs *run) {
	own, other := ours.Figures, theirs.Figures
	if own.Depth > 0 {
		r.cpu = append(r.cpu, own.CPUPerMessage()/other.CPUPerMessage())
		r.throughput = append(r.throughput, own.Throughput()/other.Throughput())
		r.p99 = append(r.p99, own.Latency.P99/other.Latency.P99)
		return
	}
	// A server that had enough memory from the start has none to compare.
	if a, b := ours.perConnection(), theirs.perConnection(); a > 0 && b > 0 {
		r.memory = append(r.memory, a/b)
	}
}

// rounds are the runs of each round.
func (o *outcome) rounds() iter.Seq[[]run] {
	return func(yield func([]run) bool) {
		for from := 0; from < len(o.Runs); {
			to := from + 1
			for to < len(o.Runs) && o.Runs[to].Place > 0 {
				to++
			}
			if !yield(o.Runs[from:to]) {
				return
			}
			from = to
		}
	}
}

// conclude finds from the runs how the servers compare. A pair of which one
// has failed doesn't count.
func (o *outcome) conclude() {
	all := map[string]*ratios{}
	for runs := range o.rounds() {
		for _, at := range pairs(schedule(runs[0].Round, peersIn(len(runs)))) {
			theirs, own := &runs[at[0]], &runs[at[1]]
			if theirs.Figures == nil || own.Figures == nil {
				continue
			}
			if all[theirs.Server] == nil {
				all[theirs.Server] = &ratios{}
			}
			all[theirs.Server].add(own, theirs)
		}
	}
	o.Comparisons = map[string]comparedTo{}
	for name, r := range all {
		o.Comparisons[name] = comparedTo{compare(r.cpu), compare(r.throughput), compare(r.p99), compare(r.memory)}
	}
	o.Memory = o.memories()
}

// values are a figure of all runs of a server that came to an end.
func (o *outcome) values(server string, figure func(*run) float64) []float64 {
	var values []float64
	for i := range o.Runs {
		if r := &o.Runs[i]; r.Server == server && r.Figures != nil {
			values = append(values, figure(r))
		}
	}
	return values
}

func (o *outcome) medianOf(server string, figure func(*run) float64) float64 {
	return median(o.values(server, figure))
}

// ranked are the servers that have figures, the one with the lowest first.
func (o *outcome) ranked(names []string, figure func(*run) float64) []string {
	ran := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return len(o.values(name, figure)) == 0 })
	slices.SortStableFunc(ran, func(x, y string) int {
		return cmp.Compare(o.medianOf(x, figure), o.medianOf(y, figure))
	})
	return ran
}

// failure is why a server has no figures, or "".
func (o *outcome) failure(server string) string {
	reason := ""
	for i := range o.Runs {
		r := &o.Runs[i]
		if r.Server != server {
			continue
		}
		if r.Figures != nil {
			return ""
		}
		reason = r.Failure
	}
	return reason
}
