package main

import (
	"strings"
	"testing"

	"iocp/bench/internal/figures"
)

func ran(name string, place int, cpu float64) run {
	return run{Server: name, Place: place, RSSStart: 1 << 20, Figures: &figures.Run{
		Conns: 64, Depth: 1, Seconds: 1, Messages: 1_000_000, ServerCPU: cpu, ClientCPU: 0.5, Latency: figures.Latency{P50: 10, P99: 20, P999: 30},
		ServerRSS: 2 << 20, ServerRSSLoad: 3 << 20,
	}}
}

// sample is two rounds of ours against gnet, at twice the cost, and evio,
// which fails.
func sample() *outcome {
	o := &outcome{Scenario: scenario{Conns: 64, Size: 64, Depth: 1, Placement: apart}}
	for round, runs := range [][]run{
		{ran("gnet", 0, 2), ran("server", 1, 1), lost(2)},
		{lost(0), ran("server", 1, 1), ran("gnet", 2, 2)},
	} {
		for _, r := range runs {
			r.Round = round
			o.Runs = append(o.Runs, r)
		}
	}
	o.conclude()
	return o
}

func lost(place int) run {
	return run{Server: "evio", Place: place, Failure: "connection 3: end | of stream"}
}

func sampleResults(outcomes ...*outcome) *results {
	return &results{
		Conditions: conditions{Load: "echo", Unit: "message", Base: "server", Kernel: "6.1", ServerCPUs: "0-1", ClientCPUs: "2-3"},
		Servers:    []serverInfo{{Name: "server"}, {Name: "gnet", Version: "v2.9.7"}, {Name: "evio"}, {Name: "rio", LeftOut: "no room"}},
		Outcomes:   outcomes,
	}
}

func TestOutcome(t *testing.T) {
	o := sample()
	if c := o.Comparisons["gnet"]; c.CPU.Ratio != 0.5 || c.CPU.Pairs != 2 || c.Throughput.Ratio != 1 || c.P99.Ratio != 1 {
		t.Errorf("gnet: got %+v", c)
	}
	if c, ok := o.Comparisons["evio"]; ok {
		t.Errorf("evio has failed, but is compared: %+v", c)
	}
	if got := o.failure("evio"); got != "connection 3: end | of stream" {
		t.Errorf("evio failed with %q", got)
	}
	if got := o.failure("gnet"); got != "" {
		t.Errorf("gnet failed with %q", got)
	}
}

func TestMarkdown(t *testing.T) {
	text := sampleResults(sample()).markdown()
	for _, want := range []string{
		"# Servers compared: echo\n",
		"## 64 connections, 64 bytes\n",
		"| CPU us per message | per second |",
		"| **server** | 1.00 | 1000000 | 10 | 20 | 30 | 1.0 / 2.0 / 3.0 | 16384 | 1.00 / 0.50 | - | - | - |\n| gnet | 2.00 |",
		"| 0.50 [0.50, 0.50] |",
		"| evio | failed: connection 3: end / of stream | | | | | | | | | | |\n",
		"servers on 0-1, the client on 2-3",
		"\n\n- placement: apart, the client has CPUs of its own\n",
		"- rio: left out: no room\n",
		"; v2.9.7\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}
