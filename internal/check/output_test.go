package main

import (
	"strings"
	"testing"
)

func TestOnlyFrame(t *testing.T) {
	tests := []struct {
		out  string
		want bool
	}{
		{"", true},
		{"=== RUN   A\n=== PAUSE A\n=== CONT  A\n--- FAIL: A (0.00s)\n", true},
		{"    --- FAIL: A/x (0.00s)\r\n", true},
		{"FAIL\nexit status 1\nFAIL\tp\t0.1s\n", true},
		{"=== RUN   A\n    a_test.go:1: no\n--- FAIL: A (0.00s)\n", false},
		{"panic: no\n", false},
	}
	for _, tt := range tests {
		if got := onlyFrame(tt.out); got != tt.want {
			t.Errorf("%q: got %v", tt.out, got)
		}
	}
}

func TestAbridge(t *testing.T) {
	if whole := strings.Repeat("x\n", 2*keptLines-1); abridge(whole) != whole {
		t.Error("a short output was not left alone")
	}
	long := "first\n" + strings.Repeat("x\n", 5*keptLines) + "last\n"
	got := abridge(long)
	if !strings.HasPrefix(got, "first\nx\n") || !strings.HasSuffix(got, "x\nlast\n") {
		t.Error("the ends of a long output are not kept")
	}
	if n := strings.Count(got, "\n"); n != 2*keptLines {
		t.Errorf("%d lines are left, want %d", n, 2*keptLines)
	}
	if !strings.Contains(got, "[... 903 lines left out here") {
		t.Errorf("it does not say what was left out: %.2000q", got)
	}
}
