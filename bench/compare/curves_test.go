package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCurves(t *testing.T) {
	r := sampleResults(at(1000, 1), at(10, 3), at(64, 0.5))
	families := r.families()
	if len(families) != 1 {
		t.Fatalf("got %+v", families)
	}
	got := families[0].curves(r.names(), "server")
	if len(got) != 2 || got[0].server != "server" || got[1].server != "gnet" {
		t.Fatalf("got %+v, but evio has failed and rio was left out", got)
	}
	if want := []point{{10, 3, 3, 3}, {64, 0.5, 0.5, 0.5}, {1000, 1, 1, 1}}; !slices.Equal(got[0].cost, want) || got[0].ratios != nil {
		t.Errorf("server: got %+v, want costs %v", got[0], want)
	}
	for i, want := range []float64{1.5, 0.25, 0.5} {
		if p := got[1].ratios[i]; !near(p.value, want, 1e-9) || !near(p.low, want, 1e-9) || got[1].cost[i].value != 2 {
			t.Errorf("gnet: got %+v", got[1])
		}
	}
}

func TestPictureFiles(t *testing.T) {
	large, many := at(1000, 1), at(64, 1)
	large.Scenario.Size, many.Scenario.Size = 16384, 16384
	deep, alone := at(10, 1), at(10, 1)
	deep.Scenario.Depth, alone.Scenario.Depth = 4, 512
	deeper := at(20, 1)
	deeper.Scenario.Depth = 4
	r := sampleResults(at(10, 1), at(64, 1), large, many, deep, deeper, alone)
	dir := t.TempDir()
	for _, ext := range []string{".svg", ".png"} {
		drawn, err := r.draw(filepath.Join(dir, "cost"+ext))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, file := range drawn {
			names = append(names, filepath.Base(file))
			if text, err := os.ReadFile(file); err != nil || ext == ".svg" && !bytes.Contains(text, []byte(">gnet</text>")) {
				t.Errorf("%s: %v, %.200s", file, err, text)
			}
		}
		want := []string{"cost-64bytes-1deep" + ext, "cost-16384bytes-1deep" + ext, "cost-64bytes-4deep" + ext}
		if !slices.Equal(names, want) {
			t.Errorf("got %v, want %v", names, want)
		}
	}
}

// TestFrom shows saved results again: pieces of a sweep, in one picture.
func TestFrom(t *testing.T) {
	later := sampleResults(at(1000, 2))
	later.Conditions.Date = "later"
	files := written(t, sampleResults(at(64, 1))) + "," + written(t, later)
	picture, dir := filepath.Join(t.TempDir(), "cost.svg"), t.TempDir()
	var out bytes.Buffer
	if err := compareAll(t.Context(), []string{"-from", files, "-picture", picture, "-out", dir}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(picture); err != nil {
		t.Error(err)
	}
	if table, err := os.ReadFile(filepath.Join(dir, "compare.md")); err != nil || !bytes.Equal(table, out.Bytes()) {
		t.Errorf("what was written isn't what was printed: %v\n%s", err, table)
	}
	if err := compareAll(t.Context(), []string{"-from", written(t, sampleResults(sample())), "-picture", picture}, io.Discard, io.Discard); err == nil {
		t.Error("one number of connections makes a curve")
	}
}

func TestRoundTicks(t *testing.T) {
	for want, between := range map[string][2]float64{
		"0.05 0.1 0.2 0.5 1":     {0.04, 1.9},
		"20 50 100 200 500 1000": {11, 1999},
		"0.9 1 1.2 1.5 2 2.5 3":  {0.81, 3.9},
	} {
		var got []string
		for _, tick := range roundTicks(between[0], between[1]) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%v: got %v, want %v", between, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for n, want := range map[int]string{1: "1", 999: "999", 1000: "1k", 1500: "1.5k", 18000: "18k"} {
		if got := short(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
