package main

import (
	"maps"
	"strings"
	"testing"
)

func TestParseFloors(t *testing.T) {
	got, err := parseFloors("# clauses\n\nuring 60\n  epoll\t58 # one less\nportable@wine 3\n")
	want := map[string]int{"uring": 60, "epoll": 58, "portable@wine": 3}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestParseFloorsErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\nuring\n", `clauses.txt:2: want a backend and a count: "uring"`},
		{"uring 1 2", "want a backend and a count"},
		{"uring many", "want a count above zero"},
		{"uring 0", "want a count above zero"},
		{"uring 1\nuring 2", "clauses.txt:2: a second count"},
	}
	for _, tt := range tests {
		if _, err := parseFloors(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got error %v, want one with %q", tt.text, err, tt.want)
		}
	}
}
