package load_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
)

// TestIdle looks from the server's side: all connections have said something,
// and only the active ones have gone on.
func TestIdle(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		var mu sync.Mutex
		got := map[int64]int{} // connections by how much they sent
		t.Cleanup(func() {     // after the server's end
			mu.Lock()
			defer mu.Unlock()
			if got[64] != 37 {
				t.Errorf("connections by how much they sent: %v, want 37 with one message", got)
			}
		})
		cfg := serve(t, func(_ int, c *net.TCPConn) {
			total := int64(0)
			echoUntil(c, func(data []byte, offset int64) bool {
				total = offset + int64(len(data))
				return true
			})
			mu.Lock()
			defer mu.Unlock()
			got[total]++
		})
		cfg.Backend, cfg.Scenario, cfg.Conns, cfg.Active = backend, load.Idle, 40, 3
		res := run(t, cfg)
		if res.Active != 3 || res.Messages <= 3 {
			t.Errorf("%d active, %d messages", res.Active, res.Messages)
		}
		cfg.Active, cfg.Rate = 0, 500
		t.Run("open", func(t *testing.T) {
			if n := run(t, idleOn(t, cfg)).Latencies.TotalCount(); n != 100 {
				t.Errorf("%d latencies of 100 messages due", n)
			}
		})
	})
}

// idleOn is the same load on a server of its own.
func idleOn(t *testing.T, cfg load.Config) load.Config {
	own := serve(t, plainEcho)
	cfg.Port = own.Port
	return cfg
}

// TestSources needs more loopback addresses than one, which macOS hasn't.
func TestSources(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("capability: one loopback address only: %v", err)
	}
	other.Close()
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		var mu sync.Mutex
		from := map[netip.Addr]int{}
		cfg := serve(t, func(id int, c *net.TCPConn) {
			mu.Lock()
			from[c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()]++
			mu.Unlock()
			plainEcho(id, c)
		})
		cfg.Backend, cfg.Conns, cfg.Sources = backend, 10, 4
		run(t, cfg)
		mu.Lock()
		defer mu.Unlock()
		for addr, n := range map[string]int{"127.0.0.1": 3, "127.0.0.2": 3, "127.0.0.3": 2, "127.0.0.4": 2} {
			if from[netip.MustParseAddr(addr)] != n {
				t.Errorf("connections by address: %v, want %d from %s", from, n, addr)
			}
		}
	})
}

func TestSourcesOfAnotherNetwork(t *testing.T) {
	cfg := configFor(t, "[::1]:9")
	cfg.Sources = 2
	if _, err := load.Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "--sources") {
		t.Errorf("error %v", err)
	}
}

func TestTooManyConnections(t *testing.T) {
	cfg := configFor(t, "127.0.0.1:9")
	cfg.Conns = 1_000_000
	_, err := load.Run(context.Background(), cfg)
	switch {
	case err == nil || strings.Contains(err.Error(), "nobody listens"):
		t.Skip("capability: a million descriptors are allowed here")
	case !strings.Contains(err.Error(), "ulimit -Hn"):
		t.Errorf("error %v doesn't say what to do", err)
	}
}
