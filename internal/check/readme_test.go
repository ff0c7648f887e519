package main

import "testing"

func TestGivesCommand(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"# iocp\n\n    go test work\n", true},
		{"```\r\n$ go test work\r\n```\r\n", true},
		{"go test work", true},
		{"run `go test work` now\n", false},
		{"    go test workspace\n", false},
		{"    go test -v work\n", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := givesCommand(tt.text, testCommand); got != tt.want {
			t.Errorf("%q: got %v", tt.text, got)
		}
	}
}

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
