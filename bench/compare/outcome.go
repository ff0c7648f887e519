package main

import (
	"iocp/bench/internal/figures"
)

// outcome is what a scenario has brought.
type outcome struct {
	Scenario    scenario              `json:"scenario"`
	Runs        []run                 `json:"runs"`
	Comparisons map[string]comparedTo `json:"comparisons"` // by peer: ours / the peer's
	ratios      map[string]*ratios
}

// comparedTo is our figures divided by a peer's.
type comparedTo struct {
	CPU        comparison `json:"cpu_per_message"`
	Throughput comparison `json:"throughput"`
	P99        comparison `json:"p99"`
}

// ratios are those of single pairs.
type ratios struct{ cpu, throughput, p99 []float64 }

// add takes the runs of a round. A pair of which one has failed doesn't count.
func (o *outcome) add(ours string, runs []run, order []int, peers []contender) {
	o.Runs = append(o.Runs, runs...)
	for peer, at := range pairs(order) {
		theirs, own := runs[at[0]].Figures, runs[at[1]].Figures
		if theirs == nil || own == nil {
			continue
		}
		name := peers[peer].name
		r := o.ratios[name]
		if r == nil {
			r = &ratios{}
			o.ratios[name] = r
		}
		r.add(own, theirs)
	}
}

func (r *ratios) add(ours, theirs *figures.Run) {
	r.cpu = append(r.cpu, ours.CPUPerMessage()/theirs.CPUPerMessage())
	r.throughput = append(r.throughput, ours.Throughput()/theirs.Throughput())
	r.p99 = append(r.p99, ours.Latency.P99/theirs.Latency.P99)
}

func (o *outcome) compare() {
	o.Comparisons = map[string]comparedTo{}
	for name, r := range o.ratios {
		o.Comparisons[name] = comparedTo{compare(r.cpu), compare(r.throughput), compare(r.p99)}
	}
}

// medianOf is the median of a figure over the runs of a server that came to an
// end.
func (o *outcome) medianOf(server string, figure func(*run) float64) float64 {
	var values []float64
	for i := range o.Runs {
		if r := &o.Runs[i]; r.Server == server && r.Figures != nil {
			values = append(values, figure(r))
		}
	}
	return median(values)
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
