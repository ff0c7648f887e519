package load_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
	"iocp/porttest"
)

// TestNoAllocationPerMessage holds the load tool to less than one allocation
// in a thousand messages.
func TestNoAllocationPerMessage(t *testing.T) {
	if servetest.Race {
		t.Skip("capability: the race detector allocates by itself")
	}
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		if backend != "uring" && backend != "epoll" {
			t.Skip("capability: only uring and epoll promise it")
		}
		cfg := configFor(t, servetest.StartChild(t, "echo", backend).Addr)
		cfg.Backend, cfg.Warmup, cfg.Depth = backend, 0, 8
		// A run allocates before its first message and after its last one.
		var fixed int64
		allocations := porttest.Allocations{Except: []string{reflect.TypeFor[load.Config]().PkgPath() + ".encoded"}} // which is done once
		grown := func() (int64, string) {
			n, places := allocations.Grown()
			return n - fixed, places
		}
		grown()
		cfg.Duration = time.Millisecond
		if _, err := load.Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
		fixed, _ = grown()
		cfg.Duration = time.Second
		porttest.AllocateNothing(t, func() int { return int(run(t, cfg).Messages) }, grown)
	})
}
