package load_test

import (
	"math"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/perf/benchfmt"

	"iocp/cmd/iocp/load"
)

// sample has every field set.
var sample = load.Result{
	Target: "127.0.0.1:9190", Scenario: "idle", Conns: 50, Active: 5, Sources: 3, Size: 64, Depth: 4, Rate: 2500.5, DurationS: 10,
	Messages: 25005, Bytes: 1600320, Errors: 3, ThroughputPerS: 2500.5, Failures: &load.Failures{Reset: 1, NoAnswer: 2},
	LatencyUS:    load.Latency{Count: 25006, P50: 61.5, P90: 120, P99: 250.1, P999: 900, Max: 1200.7, Mean: 70.2},
	LatenessUS:   &load.Latency{Count: 25006, P50: 11.5, P90: 40, P99: 100.1, P999: 250, Max: 1100.7, Mean: 20.2},
	LatenciesHDR: "HISTFAAAADZ42pJpmSzMwMDAw8DAwMjAwMDMAAEg9osrSwUY7D9ABBrzhBbyC80UFHqsLAQIAAD//64eCI8=", // 61.5, 120, 250.1 and 1200.7 µs, 9 times each
	OwnCPUS:      0.5, OwnCPUUSPerMessage: 20,
	Server:  &load.Server{CPUS: 0.25, CPUUSPerMessage: 9.998, MessagesPerCPUS: 100020, RSS: 14_000_000, RSSPerConn: new(2048.0)},
	Backend: "uring", Go: "go1.26.8", Kernel: "Linux 6.18.0", Note: "interrupted",
}

// TestJSON pins the names, which scripts rely on.
func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := sample.JSON(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "result.json", b.String())
}

// TestTable prints the sample, and then something of each scenario.
func TestTable(t *testing.T) {
	var b strings.Builder
	for _, change := range []func(*load.Result){
		func(*load.Result) {},
		func(r *load.Result) {
			r.Scenario, r.Rate, r.LatenessUS, r.Sources, r.Server = load.Echo, 0, nil, 0, nil
		},
		func(r *load.Result) {
			r.Scenario, r.ConnectUS, r.Server.RSSPerConn = load.Storm, &r.LatencyUS, nil
		},
		func(r *load.Result) { r.Scenario, r.ConnectUS, r.Rate, r.LatenessUS = load.Half, &r.LatencyUS, 0, nil },
		func(r *load.Result) {
			r.Scenario, r.LatenessUS = load.Slow, nil
			r.Slow = &load.SlowResult{Held: 47, Unheld: 1, Closed: 1, Reset: 1, AheadMax: 12_000_000, Ahead: 9_000_000}
		},
		func(r *load.Result) {
			r.Scenario, r.Fanout = load.Fanout, &load.FanoutResult{Lines: 500, Foreign: 1}
			r.Failures = &load.Failures{Lost: 2, Misordered: 1}
		},
		func(r *load.Result) { // nothing came back
			r.Messages, r.Bytes, r.ThroughputPerS, r.LatencyUS, r.LatenessUS.Count = 0, 0, 0, load.Latency{}, 0
		},
	} {
		r, server, lateness := sample, *sample.Server, *sample.LatenessUS
		r.Server, r.LatenessUS = &server, &lateness
		change(&r)
		if err := r.Table(&b); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
	golden(t, "result.txt", b.String())
}

// TestBench lets benchstat's own parser read what is printed for it.
func TestBench(t *testing.T) {
	r := sample
	r.Latencies = hdrhistogram.New(1, 1e9, 3)
	r.Latencies.RecordValue(1000)
	var b strings.Builder
	if err := r.Bench(&b); err != nil {
		t.Fatal(err)
	}
	in := benchfmt.NewReader(strings.NewReader(b.String()), "printed")
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			checkBench(t, rec)
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if in.Err() != nil || !strings.Contains(b.String(), "Benchmark") {
		t.Errorf("%v in %q", in.Err(), b.String())
	}
}

func checkBench(t *testing.T, r *benchfmt.Result) {
	t.Helper()
	name, _ := r.Name.Parts()
	if string(name) != "Load" || !strings.HasPrefix(r.Name.String(), "Load/scenario=idle/conns=50/size=64/active=5/depth=4/rate=2500.5-") {
		t.Errorf("name %s", r.Name)
	}
	if r.Iters != 25005 || r.GetConfig("backend") != "uring" {
		t.Errorf("%d operations, backend %q", r.Iters, r.GetConfig("backend"))
	}
	for unit, want := range map[string]float64{"sec/op": 399920e-9, "p50-sec": 1e-6, "cpu-sec/op": 9998e-9, "own-cpu-sec/op": 20e-6, "B/conn": 2048, "errors": 3} {
		if got, ok := r.Value(unit); !ok || math.Abs(got-want) > want/1000 {
			t.Errorf("%s: %v (%v), want %v", unit, got, ok, want)
		}
	}
}
