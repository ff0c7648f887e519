package main

import "testing"

func TestPlainFailures(t *testing.T) {
	tests := []struct {
		out  string
		want int
	}{
		{"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/x (0.00s)\n        a_test.go:1: no\nFAIL\n", 2},
		{"FAIL\tiocp [build failed]\nok\tiocp/server\t0.1s\n", 1},
		{"", 1},
	}
	for _, tt := range tests {
		if got := plainFailures(tt.out); got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.out, got, tt.want)
		}
	}
}
