package main

import (
	"maps"
	"testing"
)

func TestParseCalls(t *testing.T) {
	table := "syscall                calls\n---------------- -----------\nfutex                     60\nepoll_pwait               40\n" +
		"---------------- -----------\ntotal                    100\n"
	got, err := parseCalls(table)
	if want := map[string]int{"futex": 60, "epoll_pwait": 40}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, table := range []string{"", "strace: Process 7 attached\n"} {
		if got, err := parseCalls(table); err == nil {
			t.Errorf("%q: got %v, want an error", table, got)
		}
	}
}

func TestCallCount(t *testing.T) {
	c := callCount{map[string]int{"b": 5, "a": 5, "c": 40, "d": 1, "e": 2}, 1000}
	if got := c.less(callCount{map[string]int{"c": 20, "d": 2}, 600}); got.ops != 400 || got.perOp() != (5+5+20+2)/400. {
		t.Errorf("less: got %+v, %v for each", got, got.perOp())
	}
	if got, want := c.String(), "0.053 (c 0.040, a 0.005, b 0.005, e 0.002)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
