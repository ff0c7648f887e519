package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// family is the scenarios that differ in nothing but their connections, as one
// picture shows them.
type family struct {
	shape    scenario // without connections
	outcomes []*outcome
}

// point is a figure at a number of connections, with how far it may be off.
type point struct {
	conns            int
	value, low, high float64
}

// curve is what one server does as connections grow.
type curve struct {
	server string
	cost   []point // medians, with the least and the most of the rounds
	ratios []point // ours / its, with their interval
}

// families groups the results. One number of connections makes no curve.
func (r *results) families() []family {
	var all []family
	for _, o := range r.Outcomes {
		shape := o.Scenario
		shape.Conns = 0
		if shape.Percent > 0 {
			shape.Rate = 0 // which differs with the connections
		}
		i := slices.IndexFunc(all, func(f family) bool { return f.shape == shape })
		if i < 0 {
			i = len(all)
			all = append(all, family{shape: shape})
		}
		all[i].outcomes = append(all[i].outcomes, o)
	}
	for _, f := range all {
		slices.SortStableFunc(f.outcomes, func(a, b *outcome) int { return cmp.Compare(a.Scenario.Conns, b.Scenario.Conns) })
	}
	return slices.DeleteFunc(all, func(f family) bool { return len(f.outcomes) < 2 })
}

// curves has those of all servers that came to an end anywhere.
func (f *family) curves(names []string, base string) []curve {
	var all []curve
	for _, name := range names {
		c := curve{server: name}
		for _, o := range f.outcomes {
			if p, ok := o.cost(name); ok {
				c.cost = append(c.cost, p)
			}
			if p, ok := o.ratio(name); ok && name != base {
				c.ratios = append(c.ratios, p)
			}
		}
		if len(c.cost) > 0 {
			all = append(all, c)
		}
	}
	return all
}

func (o *outcome) cost(server string) (point, bool) {
	figure := (*run).cpuPerMessage
	if o.Scenario.silent() {
		figure = (*run).perConnection
	}
	values := o.values(server, figure)
	if len(values) == 0 {
		return point{}, false
	}
	return point{o.Scenario.Conns, median(values), slices.Min(values), slices.Max(values)}, true
}

func (o *outcome) ratio(server string) (point, bool) {
	c := o.Comparisons[server].CPU
	if o.Scenario.silent() {
		c = o.Comparisons[server].Memory
	}
	p := point{o.Scenario.Conns, c.Ratio, c.Low, c.High}
	if c.Pairs == 1 { // it has no interval
		p.low, p.high = c.Ratio, c.Ratio
	}
	return p, c.Pairs > 0
}

// file is where the family's picture goes: what tells it from others is added
// to the name.
func (f *family) file(name string, others []family) string {
	differs := func(of func(scenario) float64) bool {
		return slices.ContainsFunc(others, func(o family) bool { return of(o.shape) != of(f.shape) })
	}
	var suffix string
	if differs(func(s scenario) float64 { return float64(s.Size) }) {
		suffix += fmt.Sprintf("-%dbytes", f.shape.Size)
	}
	if differs(func(s scenario) float64 { return float64(s.Depth) }) {
		suffix += fmt.Sprintf("-%ddeep", f.shape.Depth)
	}
	if differs(func(s scenario) float64 { return s.Rate }) {
		suffix += fmt.Sprintf("-%gpersecond", f.shape.Rate)
	}
	if differs(func(s scenario) float64 { return s.Percent }) {
		suffix += fmt.Sprintf("-%gpercent", cmp.Or(f.shape.Percent, full))
	}
	if slices.ContainsFunc(others, func(o family) bool { return o.shape.Placement != f.shape.Placement }) {
		suffix += "-" + cmp.Or(string(f.shape.Placement), "anywhere")
	}
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + suffix + ext
}
