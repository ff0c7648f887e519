package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseSplit(t *testing.T) {
	got, err := parseSplit("0-1:4,2", true)
	if want := (split{[]int{0, 1}, []int{2, 4}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := parseSplit("none", true); err != nil || got.server != nil || got.client != nil {
		t.Errorf("none: got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "0:", "a:b", "3-1:0"} {
		if got, err := parseSplit(bad, true); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

// TestParseSplitTogether shows that the client's CPUs needn't be named where it
// has none of its own.
func TestParseSplitTogether(t *testing.T) {
	got, err := parseSplit("0-1", false)
	if want := (split{server: []int{0, 1}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0:", "x"} {
		if got, err := parseSplit(bad, false); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

func TestHalves(t *testing.T) {
	if got := halves([]int{0, 1, 2, 3, 4}); len(got.server) != 2 || len(got.client) != 3 {
		t.Errorf("five CPUs: got %v", got)
	}
	if got := halves([]int{5}); got.server != nil || got.client != nil {
		t.Errorf("one CPU can't be split, but is: %v", got)
	}
}

// TestPlacements shows that each scenario is in each placement, with the client
// where it says.
func TestPlacements(t *testing.T) {
	o, err := parseOptions(strings.Fields("-placement apart,shared,rival -cpus 0-1:2-4 -size 64 -conns 1,2"))
	if err != nil {
		t.Fatal(err)
	}
	type place struct {
		conns     int
		placement placement
		client    int // its CPUs
	}
	var got []place
	for _, s := range o.scenarios {
		got = append(got, place{s.Conns, s.Placement, len(o.clientCPUs(s))})
	}
	want := []place{{1, apart, 3}, {2, apart, 3}, {1, shared, 2}, {2, shared, 2}, {1, rival, 2}, {2, rival, 2}}
	if !slices.Equal(got, want) || o.threads() != 3 {
		t.Errorf("got %v, want %v, with %d threads", got, want, o.threads())
	}
}

// TestTooFewCPUs shows that nobody is called apart who isn't.
func TestTooFewCPUs(t *testing.T) {
	all := []scenario{{Conns: 1}}
	got, err := placed(all, []placement{apart}, split{})
	if want := []scenario{{Conns: 1, Placement: anywhere}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := placed(all, []placement{rival}, split{}); err == nil {
		t.Errorf("rivals without CPUs are accepted as %v", got)
	}
	o, err := parseOptions(strings.Fields("-placement shared -cpus 0-3"))
	if err != nil || o.threads() != 2 {
		t.Errorf("got %+v, %v", o, err)
	}
}
