package main

import (
	"slices"
	"testing"
)

func TestWithPercents(t *testing.T) {
	got, err := withPercents([]scenario{{Conns: 10}, {Conns: 64}}, "5,100")
	want := []scenario{{Conns: 10, Percent: 5}, {Conns: 64, Percent: 5}, {Conns: 10}, {Conns: 64}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestScenarioString(t *testing.T) {
	s := scenario{Conns: 64, Size: 64, Depth: 1, Percent: 5, Rate: 1_250_000, Placement: rival}
	if got, want := s.String(), "64 connections, 64 bytes, 5 % of full load: 1250000 messages a second, rival"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCurveOfPercents shows that parts of full load make one curve, although
// their rates differ.
func TestCurveOfPercents(t *testing.T) {
	few, many := at(10, 1), at(64, 1)
	few.Scenario.Percent, few.Scenario.Rate = 25, 1000
	many.Scenario.Percent, many.Scenario.Rate = 25, 3000
	r := sampleResults(few, many, at(10, 1), at(64, 1))
	families := r.families()
	if len(families) != 2 {
		t.Fatalf("got %+v", families)
	}
	for i, want := range []string{"x-25percent.svg", "x-100percent.svg"} {
		if got := families[i].file("x.svg", families); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
