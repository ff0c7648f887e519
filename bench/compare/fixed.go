package main

import (
	"fmt"
	"strings"
)

// fixedName is our server where NAME/N has N workers that are always active.
const fixedName = "ours"

// fixedBeside lists, of some servers, those that are what base is but for a
// fixed number of workers.
func fixedBeside(base string, names []string) []contender {
	b, err := parseContender(base)
	if err != nil || b.loops > 0 || b.program.name != "server" && b.program.name != fixedName {
		return nil
	}
	var all []contender
	for _, name := range names {
		c, err := parseContender(name)
		if err == nil && c.program.name == fixedName && c.loops > 0 && c.backend == b.backend {
			all = append(all, c)
		}
	}
	return all
}

// measure is a figure by which the default is held to the best fixed number of
// workers.
type measure struct {
	name   string
	ratio  func(comparedTo) comparison // the default's to another's
	isCost bool                        // less of it is better
}

var measures = []measure{
	{"throughput", func(c comparedTo) comparison { return c.Throughput }, false},
	{"messages per CPU second", func(c comparedTo) comparison { return c.CPU.inverse() }, false},
	{"p99", func(c comparedTo) comparison { return c.P99 }, true},
}

// shortfall is how much worse than another the default is, as a part of the
// other's figure: as it was found, and at the worse end of the interval.
func (m measure) shortfall(c comparison) (found, worst float64) {
	if c.Pairs == 1 { // it has no interval
		c.Low, c.High = c.Ratio, c.Ratio
	}
	if m.isCost {
		return c.Ratio - 1, c.High - 1
	}
	return 1 - c.Ratio, 1 - c.Low
}

// best is the fixed number beside which the default falls short most.
func (m measure) best(o *outcome, fixed []contender) (best contender, beside comparison) {
	for _, f := range fixed {
		c := m.ratio(o.Comparisons[f.name])
		if c.Pairs == 0 {
			continue
		}
		short, _ := m.shortfall(c)
		if most, _ := m.shortfall(beside); beside.Pairs == 0 || short > most {
			best, beside = f, c
		}
	}
	return best, beside
}

// besideFixed tells how near the default comes to the best fixed number of
// workers.
func (o *outcome) besideFixed(b *strings.Builder, base string, names []string) {
	fixed := fixedBeside(base, names)
	for _, m := range measures {
		best, c := m.best(o, fixed)
		if c.Pairs == 0 {
			continue
		}
		_, worst := m.shortfall(c)
		fmt.Fprintf(b, "- %s: the default is within %.0f %% of the best fixed number of workers (%d): default/fixed %v\n",
			m.name, 100*max(worst, 0), best.loops, c)
	}
}
