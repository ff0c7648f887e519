package load_test

import (
	"strings"
	"testing"

	"iocp/cmd/iocp/load"
)

// sample has every field set.
var sample = load.Result{
	Target: "127.0.0.1:9190", Conns: 50, Size: 64, Depth: 4, Rate: 2500.5, DurationS: 10,
	Messages: 25005, Bytes: 1600320, Errors: 1, ThroughputPerS: 2500.5,
	LatencyUS: load.Latency{P50: 61.5, P90: 120, P99: 250.1, P999: 900, Max: 1200.7, Mean: 70.2},
	OwnCPUS:   0.5, Server: &load.Server{CPUS: 0.25, CPUUSPerMessage: 9.998, MessagesPerCPUS: 100020},
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

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample.Table(&b); err != nil {
		t.Fatal(err)
	}
	closed := sample
	closed.Rate, closed.Errors, closed.Note, closed.Server = 0, 0, "", nil
	if err := closed.Table(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "result.txt", b.String())
}
