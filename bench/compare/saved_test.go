package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// written puts results into a file, as a measurement does.
func written(t *testing.T, r *results) string {
	dir := t.TempDir()
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "compare.json")
}

// at is the sample with another number of connections and another cost of ours.
func at(conns int, cpu float64) *outcome {
	o := sample()
	o.Scenario.Conns = conns
	for i := range o.Runs {
		if r := &o.Runs[i]; r.Server == "server" {
			r.Figures.ServerCPU = cpu
		}
	}
	o.conclude()
	return o
}

// TestSaved shows that results read again are those that were written.
func TestSaved(t *testing.T) {
	r := sampleResults(sample())
	again, err := readAll([]string{written(t, r)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.markdown(), r.markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOlder shows that results from before there were placements count beside
// those of today.
func TestOlder(t *testing.T) {
	older, later := sampleResults(sample()), sampleResults(sample())
	older.Outcomes[0].Scenario.Placement = anywhere
	later.Conditions.Date = "later"
	all, err := readAll([]string{written(t, older), written(t, later)})
	if err != nil || len(all.Outcomes) != 1 || all.Outcomes[0].Scenario.Placement != apart {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestMerge(t *testing.T) {
	a, b := sampleResults(at(64, 1)), sampleResults(at(64, 4), at(1000, 1))
	b.Conditions.Date = "later"
	b.Servers = append(b.Servers, serverInfo{Name: "nbio"})
	b.Servers[3] = serverInfo{Name: "rio", About: "it works"}
	all, err := readAll([]string{written(t, a), written(t, b)})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Outcomes) != 2 || len(all.Merged) != 1 || len(all.Outcomes[0].Runs) != 12 {
		t.Fatalf("got %+v", all)
	}
	// A ratio of 0.5 twice and of 2 twice.
	if c := all.Outcomes[0].Comparisons["gnet"].CPU; !near(c.Ratio, 1, 1e-9) || c.Pairs != 4 || c.resolved() {
		t.Errorf("gnet: got %+v", c)
	}
	text := all.markdown()
	for _, want := range []string{"; later.\n", "- nbio: ", "- rio: it works\n", "## 1000 connections"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	a := written(t, sampleResults(sample()))
	chat := sampleResults(sample())
	chat.Conditions.Load = "chat"
	other := sampleResults(sample())
	other.Conditions.Base = "port"
	for what, files := range map[string][]string{
		"the same twice": {a, a},
		"another load":   {a, written(t, chat)},
		"another base":   {a, written(t, other)},
		"nothing":        {written(t, sampleResults())},
		"no file":        {a + ".gone"},
	} {
		if r, err := readAll(files); err == nil {
			t.Errorf("%s is accepted as %+v", what, r)
		}
	}
}
