package load_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
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
		cfg.Backend, cfg.Warmup = backend, 0
		fixed := mallocs(t, cfg, time.Millisecond)
		cfg.Depth = 8
		cfg.Duration = time.Second
		before := mallocCount()
		messages := run(t, cfg).Messages
		if grown := mallocCount() - before; grown > fixed+uint64(messages/1000) {
			t.Errorf("%d allocations in %d messages, %d in next to none", grown, messages, fixed)
		}
	})
}

func mallocs(t *testing.T, cfg load.Config, d time.Duration) uint64 {
	cfg.Duration = d
	before := mallocCount()
	if _, err := load.Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	return mallocCount() - before
}

func mallocCount() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
