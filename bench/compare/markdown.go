package main

import (
	"fmt"
	"slices"
	"strings"
)

// markdown is the results as tables.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Servers compared: %s\n", r.Conditions.Load)
	for _, c := range append([]conditions{r.Conditions}, r.Merged...) {
		c.markdown(&b)
	}
	fmt.Fprintf(&b, ratioNote, r.Conditions.Base)
	fmt.Fprintf(&b, "\nMeanwhile something else on the machine kept %.2f CPUs busy.\n", r.others())
	for _, o := range r.Outcomes {
		fmt.Fprintf(&b, "\n## %v\n\n", o.Scenario)
		o.markdown(&b, &r.Conditions, r.names())
		o.notes(&b, &r.Conditions, r.names())
	}
	r.legend(&b)
	return b.String()
}

const ratioNote = "\nRatios are %s's figure divided by the row's, from runs next to each other, with their 95 %% interval; \"not resolved\" is an interval with 1 in it.\n"

func (c *conditions) markdown(b *strings.Builder) {
	pinned := "not pinned"
	if c.ServerCPUs != "" {
		pinned = "servers on " + c.ServerCPUs
	}
	if c.ClientCPUs != "" {
		pinned += ", the client on " + c.ClientCPUs
	}
	for _, line := range []string{
		fmt.Sprintf("%s; CPUs %s, %s; Linux %s; %s; commit %s; %s.", c.Machine, c.CPUs, pinned, c.Kernel, c.Go, c.Commit, c.Date),
		fmt.Sprintf("Medians of up to %d rounds of %g s after %g s, over loopback; %s (threads: %d) checks every byte.", c.Rounds, c.Seconds, c.Warmup, c.Client, c.Threads),
		"`" + strings.TrimSpace(c.Command) + "`",
	} {
		b.WriteString("\n" + line + "\n")
	}
}

// names lists the servers in the order of the tables, each once.
func (r *results) names() []string {
	var names []string
	for _, s := range r.Servers {
		if s.LeftOut == "" && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

const (
	tableHead = "| server | CPU us per %[1]s | per second | p50 us | p99 us | p99.9 us | MiB at start / with connections / under load | bytes per idle connection | CPUs busy: server / client | CPU ours/its | throughput ours/its | p99 ours/its |\n"
	tableRule = "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |\n"
)

// markdown has a row for each server, the least CPU for a message first, and
// those that failed last.
func (o *outcome) markdown(b *strings.Builder, c *conditions, names []string) {
	if o.Scenario.silent() {
		o.memoryTable(b, c.Base, names)
		return
	}
	fmt.Fprintf(b, tableHead+tableRule, c.Unit)
	for _, name := range o.ranked(names, (*run).cpuPerMessage) {
		o.row(b, c.Base, name)
	}
	o.failed(b, names, strings.Count(tableRule, "|")-3)
}

// notes are what is said under a table.
func (o *outcome) notes(b *strings.Builder, c *conditions, names []string) {
	fmt.Fprintf(b, "\n- placement: %s\n", o.Scenario.Placement.about())
	if !o.Scenario.silent() {
		o.besideFixed(b, c.Base, names)
	}
}

// failed has a row for each server without figures, with empty cells behind
// the reason.
func (o *outcome) failed(b *strings.Builder, names []string, cells int) {
	for _, name := range names {
		if reason := o.failure(name); reason != "" {
			fmt.Fprintf(b, "| %s | failed: %s |%s\n", name, strings.ReplaceAll(reason, "|", "/"), strings.Repeat(" |", cells))
		}
	}
}

func (r *run) cpuPerMessage() float64 { return r.Figures.CPUPerMessage() }

func (o *outcome) row(b *strings.Builder, base, name string) {
	m := func(figure func(*run) float64) float64 { return o.medianOf(name, figure) }
	fmt.Fprintf(b, "| %s | %s | %.0f | %.0f | %.0f | %.0f | %.1f / %.1f / %.1f | %.0f | %.2f / %.2f |", mark(name, base),
		digits(m((*run).cpuPerMessage)),
		m(func(r *run) float64 { return r.Figures.Throughput() }),
		m(func(r *run) float64 { return r.Figures.Latency.P50 }),
		m(func(r *run) float64 { return r.Figures.Latency.P99 }),
		m(func(r *run) float64 { return r.Figures.Latency.P999 }),
		m(func(r *run) float64 { return float64(r.RSSStart) / mib }),
		m(func(r *run) float64 { return float64(r.Figures.ServerRSS) / mib }),
		m(func(r *run) float64 { return float64(r.Figures.ServerRSSLoad) / mib }),
		m((*run).perSpoken),
		m((*run).serverBusy),
		m(func(r *run) float64 { return r.Figures.ClientCPU / r.Figures.Seconds }))
	c := o.Comparisons[name]
	fmt.Fprintf(b, " %v | %v | %v |\n", c.CPU, c.Throughput, c.P99)
}

// digits has as many decimals as make sense: from less than 0.1 us for a
// delivery in a flood to more than 10 for a message now and then.
func digits(f float64) string {
	switch {
	case f < 1:
		return fmt.Sprintf("%.3f", f)
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.1f", f)
}

// mark makes the server that all are compared with stand out.
func mark(name, base string) string {
	if name == base {
		return "**" + name + "**"
	}
	return name
}

func (r *results) legend(b *strings.Builder) {
	b.WriteString("\n## The servers\n\n")
	told := map[string]bool{}
	for _, s := range r.Servers {
		if told[s.Name] {
			continue
		}
		told[s.Name] = true
		if s.LeftOut != "" {
			fmt.Fprintf(b, "- %s: left out: %s\n", s.Name, s.LeftOut)
			continue
		}
		fmt.Fprintf(b, "- %s: %s", s.Name, s.About)
		for _, more := range []string{s.Version, s.Note} {
			if more != "" {
				fmt.Fprintf(b, "; %s", more)
			}
		}
		b.WriteString("\n")
	}
}
