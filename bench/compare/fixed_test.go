package main

import (
	"slices"
	"strings"
	"testing"
)

func TestFixedBeside(t *testing.T) {
	names := []string{"server", "ours/1", "server/2", "ours-epoll/1", "gnet/1", "ours", "ours/3"}
	for base, want := range map[string][]string{
		"server":       {"ours/1", "ours/3"},
		"ours":         {"ours/1", "ours/3"},
		"server-epoll": {"ours-epoll/1"},
		"server/2":     nil,
		"gnet":         nil,
		"gone":         nil,
	} {
		var got []string
		for _, c := range fixedBeside(base, names) {
			got = append(got, c.name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", base, got, want)
		}
	}
}

// TestBesideFixed has one worker best in CPU, two in what gets done, and none
// better in latency for certain.
func TestBesideFixed(t *testing.T) {
	o := &outcome{Comparisons: map[string]comparedTo{
		"ours/1": {CPU: comparison{1.25, 1.2, 1.6, 5}, Throughput: comparison{1.1, 1, 1.2, 5}, P99: comparison{0.5, 0.4, 0.6, 5}},
		"ours/2": {CPU: comparison{1, 0.9, 1.1, 5}, Throughput: comparison{0.96, 0.91, 0.99, 5}, P99: comparison{0.8, 0.7, 1.1, 5}},
		"ours/4": {},
		"gnet":   {CPU: comparison{9, 8, 10, 5}, Throughput: comparison{0.1, 0.1, 0.1, 5}, P99: comparison{9, 8, 10, 5}},
	}}
	var b strings.Builder
	o.besideFixed(&b, "server", []string{"server", "ours/1", "ours/2", "ours/4", "gnet"})
	want := `- throughput: the default is within 9 % of the best fixed number of workers (2): default/fixed 0.96 [0.91, 0.99]
- messages per CPU second: the default is within 38 % of the best fixed number of workers (1): default/fixed 0.80 [0.62, 0.83]
- p99: the default is within 10 % of the best fixed number of workers (2): default/fixed 0.80 [0.70, 1.10] not resolved
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBesideFixedOnce(t *testing.T) {
	o := &outcome{Comparisons: map[string]comparedTo{"ours/1": {P99: comparison{Ratio: 1.5, Pairs: 1}}}}
	var b strings.Builder
	o.besideFixed(&b, "server", []string{"ours/1"})
	if got, want := b.String(), "- p99: the default is within 50 % of the best fixed number of workers (1): default/fixed 1.50 (one pair)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
