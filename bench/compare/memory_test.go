package main

import (
	"strings"
	"testing"

	"iocp/bench/internal/figures"
)

func silentRun(name string, round, place int, grown int64) run {
	return run{Server: name, Round: round, Place: place, RSSStart: 1 << 20, Figures: &figures.Run{
		Conns: 1000, Seconds: 2, ServerCPU: 0.001, ServerRSS: 1<<20 + 2000*grown, ServerRSSLoad: 1<<20 + 1000*grown,
	}}
}

func TestMemory(t *testing.T) {
	o := &outcome{Scenario: scenario{Conns: 1000, Size: 64}, Runs: []run{
		silentRun("gnet", 0, 0, 200), silentRun("server", 0, 1, 100), silentRun("evio", 0, 2, 0),
		silentRun("evio", 1, 0, 0), silentRun("server", 1, 1, 120), silentRun("gnet", 1, 2, 240),
	}}
	o.conclude()
	if got, want := o.Memory["gnet"], (memory{Bytes: 220, Least: 200, Most: 240, Spoken: 440, CPU: 0.0005}); got != want {
		t.Errorf("gnet: got %+v, want %+v", got, want)
	}
	if c := o.Comparisons["gnet"].Memory; c.Ratio != 0.5 || c.Pairs != 2 {
		t.Errorf("gnet: got %+v", c)
	}
	if c := o.Comparisons["evio"].Memory; c.Pairs != 0 {
		t.Errorf("evio grew by nothing, but is compared: %+v", c)
	}
	text := sampleResults(o).markdown()
	for _, want := range []string{
		"## 1000 connections, 64 bytes, silent after one message on each\n",
		"| evio | 0 | 0 to 0 | 0 | 1.0 / 1.0 | 0.50 | - |\n| **server** | 110 | 100 to 120 |",
		"| gnet | 220 | 200 to 240 | 440 | 1.0 / 1.2 | 0.50 | 0.50 [0.50, 0.50] |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestMemoryOfSpeakers(t *testing.T) {
	if o := sample(); o.Memory != nil || o.Comparisons["gnet"].Memory.Pairs != 0 {
		t.Errorf("connections that weren't silent have a memory of silence: %+v", o)
	}
}

// TestIdle opens connections that are silent.
func TestIdle(t *testing.T) {
	o := compareForAMoment(t, "-load", "idle", "-only", "stdnet", "-conns", "500", "-depth", "0")
	if m := o.Memory["stdnet"]; m.Bytes <= 0 || m.Spoken <= 0 {
		t.Errorf("500 goroutines with their buffers take no memory: %+v", o)
	}
	for _, r := range o.Runs {
		if r.Figures.Messages != 0 {
			t.Errorf("%s: %d messages came back in silence", r.Server, r.Figures.Messages)
		}
	}
}

// TestSlow holds a server that buffers nothing to it.
func TestSlow(t *testing.T) {
	o := compareForAMoment(t, "-load", "slow", "-only", "stdnet", "-conns", "3", "-depth", "0")
	if m := o.Memory["stdnet"]; m.Bytes <= 0 || m.Bytes > 1<<20 || !o.Scenario.Slow {
		t.Errorf("3 clients that don't read, and package net, which waits: %+v", o)
	}
}
