package tune

import (
	"fmt"
	"math"

	"github.com/aclements/go-moremath/stats"
)

// confidence is that of all intervals together.
const confidence = 0.95

// Interval is a mean and how far the truth may be from it.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// interval is Student's, of values that vary about a mean. among is how many
// such intervals have to hold at a time (Bonferroni).
func interval(values []float64, among int) Interval {
	mean := stats.Mean(values)
	if len(values) < 2 {
		return Interval{mean, math.Inf(-1), math.Inf(1)}
	}
	n := float64(len(values))
	quantile := stats.InvCDF(stats.TDist{V: n - 1})
	half := quantile(1-(1-confidence)/2/float64(max(among, 1))) * stats.StdDev(values) / math.Sqrt(n)
	return Interval{mean, mean - half, mean + half}
}

// ratios compares two entries round by round, in which both had the same
// machine: it gives by how much a is better, as a ratio.
func ratios(a, b *entry, goal string, among int) Interval {
	n := min(len(a.samples), len(b.samples))
	differences := make([]float64, n)
	for i := range n {
		differences[i] = a.samples[i].score(goal) - b.samples[i].score(goal)
	}
	in := interval(differences, among)
	return Interval{math.Exp(in.Mean), math.Exp(in.Low), math.Exp(in.High)}
}

// worse reports whether a is known to be worse than b.
func worse(a, b *entry, goal string, among int) bool {
	return a != b && ratios(a, b, goal, among).High < 1
}

// decide finds the best entry and the one to recommend: of those not known to
// be worse than the best, that which differs least from the default, which is
// the first one.
func decide(final []*entry, goal string) (best, recommended *entry) {
	best = final[0]
	for _, e := range final {
		if meanScore(e.samples, goal) > meanScore(best.samples, goal) {
			best = e
		}
	}
	recommended = best
	def := final[0].setting
	for _, e := range final {
		if !worse(e, best, goal, len(final)-1) && e.setting.apart(def) < recommended.setting.apart(def) {
			recommended = e
		}
	}
	return best, recommended
}

// verdict says how sure that is.
func verdict(final []*entry, best, recommended *entry, goal string) (text string, resolved bool) {
	among := len(final) - 1
	def := final[0]
	switch {
	case len(def.samples) < 2:
		return "not resolved: there were not enough rounds", false
	case recommended != def:
		return fmt.Sprintf("resolved at 95 %%: %s the default's", percent(ratios(recommended, def, goal, among), goal)), true
	case best != def:
		return fmt.Sprintf("not resolved: differences are within noise (the best measured, %v, has %s the default's)",
			best.setting, percent(ratios(best, def, goal, among), goal)), false
	}
	for _, e := range final[1:] {
		if !worse(e, def, goal, among) {
			return "not resolved: the default was the best measured, and differences are within noise", false
		}
	}
	return "resolved at 95 %: none is as good as the default", true
}

// percent says a ratio of scores as one of what is measured.
func percent(r Interval, goal string) string {
	what := goal
	if goal != Throughput {
		r = Interval{1 / r.Mean, 1 / r.High, 1 / r.Low}
	}
	switch goal {
	case CPU:
		what = "CPU time a message"
	case P99:
		what = "p99 latency"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f] of the %s of", r.Mean, r.Low, r.High, what)
}
