package main

import (
	"fmt"
	"slices"
	"strings"
)

// memory is what a silent connection of a server takes, as medians over the
// rounds. The memory is the process's (RSS), without the kernel's sockets.
type memory struct {
	Bytes  float64 `json:"bytes_per_connection"` // at the end of the silence
	Least  float64 `json:"least"`                // in any round
	Most   float64 `json:"most"`
	Spoken float64 `json:"bytes_after_echo"` // per connection, before the silence
	CPU    float64 `json:"cpu_s_per_s"`      // of the server, while nothing happens
}

// perConnection is how much memory a run's server has gained for each
// connection when all had been silent for a while.
func (r *run) perConnection() float64 {
	return float64(r.Figures.ServerRSSLoad-r.RSSStart) / float64(r.Figures.Conns)
}

func (r *run) perSpoken() float64 {
	return float64(r.Figures.ServerRSS-r.RSSStart) / float64(r.Figures.Conns)
}

func (r *run) serverBusy() float64 { return r.Figures.ServerCPU / r.Figures.Seconds }

// memories is what the servers of a scenario of silence take, and nil for
// other scenarios.
func (o *outcome) memories() map[string]memory {
	if !o.Scenario.silent() {
		return nil
	}
	all := map[string]memory{}
	for i := range o.Runs {
		name := o.Runs[i].Server
		bytes := o.values(name, (*run).perConnection)
		if len(bytes) == 0 {
			continue
		}
		all[name] = memory{
			Bytes: median(bytes), Least: slices.Min(bytes), Most: slices.Max(bytes),
			Spoken: o.medianOf(name, (*run).perSpoken),
			CPU:    o.medianOf(name, (*run).serverBusy),
		}
	}
	return all
}

const (
	memoryHead = "| server | bytes per connection | least to most | after the echo | MiB at start / silent | CPU ms per second of silence | memory ours/its |\n"
	slowHead   = "| server | bytes per connection at most | least to most of the rounds | at first | MiB at start / at most | CPU ms per second | memory ours/its |\n"
	memoryRule = "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
)

// memoryTable has a row for each server, the least memory first.
func (o *outcome) memoryTable(b *strings.Builder, base string, names []string) {
	head := memoryHead
	if o.Scenario.Slow {
		head = slowHead
	}
	b.WriteString(head + memoryRule)
	for _, name := range o.ranked(names, (*run).perConnection) {
		m := o.Memory[name]
		start := o.medianOf(name, func(r *run) float64 { return float64(r.RSSStart) })
		end := o.medianOf(name, func(r *run) float64 { return float64(r.Figures.ServerRSSLoad) })
		fmt.Fprintf(b, "| %s | %.0f | %.0f to %.0f | %.0f | %.1f / %.1f | %.2f | %v |\n", mark(name, base),
			m.Bytes, m.Least, m.Most, m.Spoken, start/mib, end/mib, m.CPU*1e3, o.Comparisons[name].Memory)
	}
	o.failed(b, names, strings.Count(memoryRule, "|")-3)
}

const mib = 1 << 20
