package load_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
)

func TestServerCPU(t *testing.T) {
	cfg := serve(t, plainEcho)
	cfg.ServerPID = 1 << 22 // no process can have it
	if _, err := load.Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "--server-pid") {
		t.Errorf("no such process: %v", err)
	}
	child := servetest.StartChild(t, "echo", "")
	cfg = configFor(t, child.Addr)
	cfg.ServerPID = child.PID
	res := run(t, cfg)
	if res.Server == nil || res.Server.CPUS <= 0 || res.OwnCPUS <= 0 {
		t.Fatalf("own CPU %v, server's %+v", res.OwnCPUS, res.Server)
	}
	if got, want := res.Server.CPUUSPerMessage, res.Server.CPUS*1e6/float64(res.Messages); math.Abs(got-want) > want/1000 {
		t.Errorf("%v µs a message, want %v", got, want)
	}
}
