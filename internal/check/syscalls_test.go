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

// What goes by the clock isn't counted with the rest, but isn't free either.
func TestTrafficIsJudged(t *testing.T) {
	server := traffic{name: "server", below: 0.6}
	for _, c := range []struct {
		traffic
		calls map[string]int
		fails bool
	}{
		{server, map[string]int{"sendto": 59}, false},
		{server, map[string]int{"sendto": 60}, true},
		{server, map[string]int{"sendto": 59, "nanosleep": 20, "epoll_ctl": 29}, false},
		{server, map[string]int{"sendto": 59, "nanosleep": 20, "epoll_ctl": 30}, true},
		{server, map[string]int{"epoll_ctl": 50}, true},
		{server, map[string]int{"futex": 61}, true},
		{traffic{name: "shown"}, map[string]int{"sendto": 200}, false},
	} {
		if err := c.judge(callCount{c.calls, 100}); (err != nil) != c.fails {
			t.Errorf("%v, below %v: %v", c.calls, c.below, err)
		}
	}
}
