package tune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Report is what was found.
type Report struct {
	Goal        string  `json:"goal"`
	Recommended Setting `json:"recommended"`
	Resolved    bool    `json:"resolved"` // it is known, not only likely
	Verdict     string  `json:"verdict"`
	Rounds      int     `json:"rounds"`
	Rows        []Row   `json:"settings"` // of the contest first, the default before others
	Note        string  `json:"note,omitempty"`
}

// Row is a setting and what was measured of it: in the contest, or at the
// first look, after which it was out.
type Row struct {
	Setting
	Contest    bool     `json:"contest"`
	Throughput Interval `json:"throughput_per_s"`
	P50        Interval `json:"p50_us"`
	P99        Interval `json:"p99_us"`
	CPU        Interval `json:"cpu_us_per_message"`
	Better     Interval `json:"better_than_default"` // as a ratio, by the goal
	Failure    string   `json:"failure,omitempty"`
}

// report concludes from what was measured.
func (c *contest) report(final []*entry, interrupted bool) (*Report, error) {
	kept := final[:0:0]
	for _, e := range final {
		if e.failure == nil && len(e.samples) > 0 {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 || kept[0] != c.entries[0] {
		return nil, errors.New("interrupted before anything was known of the default")
	}
	best, recommended := decide(kept, c.plan.Goal)
	r := &Report{Goal: c.plan.Goal, Recommended: recommended.setting, Rounds: len(kept[0].samples)}
	r.Verdict, r.Resolved = verdict(kept, best, recommended, c.plan.Goal)
	if interrupted {
		r.Note = "interrupted"
	}
	in := map[*entry]bool{}
	for _, e := range kept {
		in[e] = true
		row := rowOf(e, e.samples)
		row.Contest, row.Better = true, ratios(e, kept[0], r.Goal, len(kept)-1).finite()
		r.Rows = append(r.Rows, row)
	}
	for _, e := range c.entries {
		if !in[e] {
			r.Rows = append(r.Rows, rowOf(e, e.looks))
		}
	}
	return r, nil
}

func rowOf(e *entry, samples []sample) Row {
	row := Row{Setting: e.setting}
	if e.failure != nil {
		row.Failure = e.failure.Error()
	}
	if len(samples) == 0 {
		return row
	}
	of := func(get func(sample) float64) Interval {
		values := make([]float64, len(samples))
		for i, s := range samples {
			values[i] = get(s)
		}
		return interval(values, 1).finite()
	}
	row.Throughput = of(func(s sample) float64 { return s.throughput })
	row.P50 = of(func(s sample) float64 { return s.p50 })
	row.P99 = of(func(s sample) float64 { return s.p99 })
	row.CPU = of(func(s sample) float64 { return s.cpu })
	return row
}

// JSON writes the report as one object.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Table writes the report for people.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "backend\tworkers\tat a time\tbatch\tmessages/s\tp50 µs\tp99 µs\tCPU µs/message\tagainst the default\t")
	for i, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t", row.Backend, row.Workers, row.Concurrency, row.Batch)
		switch {
		case row.Failure != "":
			fmt.Fprintf(t, "failed\t\t\t\t\t\n")
		case row.Throughput.Mean == 0:
			fmt.Fprintf(t, "\t\t\t\tnot looked at\t\n")
		default:
			cpu := "-" // not known
			if row.CPU.Mean > 0 {
				cpu = row.say(row.CPU, 2)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", row.say(row.Throughput, 0), row.say(row.P50, 1), row.say(row.P99, 1), cpu, row.against(i))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, row := range r.Rows {
		if row.Failure != "" {
			fmt.Fprintf(w, "\n%v failed: %s\n", row.Setting, row.Failure)
		}
	}
	_, err := fmt.Fprintf(w, "\ngoal: %s, in %d rounds\nrecommended: %v\n%s\ntry it: %s\n", r.Goal, r.Rounds, r.Recommended, r.Verdict, r.Recommended.command())
	if r.Note != "" {
		fmt.Fprintln(w, "note:", r.Note)
	}
	return err
}

// against is what the last column says.
func (row *Row) against(i int) string {
	switch {
	case i == 0:
		return "the default"
	case !row.Contest:
		return "first look only"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", row.Better.Mean, row.Better.Low, row.Better.High)
}

// finite is the mean alone where nothing is known of how the values vary: JSON
// has no infinity.
func (in Interval) finite() Interval {
	if math.IsInf(in.High, 0) {
		return Interval{in.Mean, in.Mean, in.Mean}
	}
	return in
}

// say is for people: the mean and half the width of the interval. The first
// look is too short for that to mean much.
func (row *Row) say(in Interval, digits int) string {
	if in == (Interval{}) {
		return "-" // it can't be had
	}
	if !row.Contest {
		return fmt.Sprintf("%.*f", digits, in.Mean)
	}
	return fmt.Sprintf("%.*f ±%.*f", digits, in.Mean, digits, (in.High-in.Low)/2)
}
