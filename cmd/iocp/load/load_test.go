package load_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
	"iocp/cmd/iocp/load"
)

func TestClosedLoop(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := serve(t, plainEcho)
		cfg.Backend, cfg.Depth = backend, 3
		res := run(t, cfg)
		if res.Backend != backend || res.Conns != 5 || res.Size != 64 || res.Depth != 3 || res.Rate != 0 || res.LatenessUS != nil {
			t.Errorf("not what was asked for: %+v", res)
		}
		if got := float64(res.Messages) / res.DurationS; math.Abs(got-res.ThroughputPerS) > 1 {
			t.Errorf("%v a second, counted %v", res.ThroughputPerS, got)
		}
		if whole := res.Bytes / 64; whole < res.Messages-5*3 || whole > res.Messages+5*3 {
			t.Errorf("%d bytes in %d messages of 64", res.Bytes, res.Messages)
		}
		l := res.LatencyUS
		if !(0 < l.P50 && l.P50 <= l.P90 && l.P90 <= l.P99 && l.P99 <= l.P999 && l.P999 <= l.Max) {
			t.Errorf("latencies %+v", l)
		}
	})
}

func TestSizesAndDepths(t *testing.T) {
	for _, c := range []struct{ size, depth int }{
		{1, 1}, {1, 1000}, {65521, 1}, {100_000, 7}, {3 << 20, 2},
	} {
		cfg := serve(t, plainEcho)
		cfg.Size, cfg.Depth, cfg.Warmup = c.size, c.depth, 0
		if n := run(t, cfg).Latencies.TotalCount(); n < int64(cfg.Conns*c.depth) {
			t.Errorf("%+v: %d latencies, want as many as the connections may have on their way", c, n)
		}
	}
}

func TestOwnEchoServer(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := servetest.Start(t, service.Config{Backend: backend}, serveEcho)
		cfg := configFor(t, s.Addr)
		cfg.Backend = backend
		run(t, cfg)
		cfg.Rate = 2000
		run(t, cfg)
		s.Stop(t)
		if log := s.Log.String(); strings.Contains(log, "lost") {
			t.Errorf("the server was left in disorder:\n%s", log)
		}
	})
}

// TestOpenLoopCountsFromIntendedTimes stalls the server once. Message 300 is
// due at 300 ms, and so on; the stall begins when it has arrived, or later,
// and lasts 100 ms, so that 50 messages at least take 50 ms at least. One that
// waits for an answer before it sends on would have seen one such message.
func TestOpenLoopCountsFromIntendedTimes(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Parallel()
		cfg := serve(t, func(_ int, c *net.TCPConn) {
			stalled := false
			echoUntil(c, func(data []byte, offset int64) bool {
				if !stalled && offset+int64(len(data)) > 60*10 {
					stalled = true
					time.Sleep(100 * time.Millisecond)
				}
				return true
			})
		})
		cfg.Backend = backend
		cfg.Conns, cfg.Size, cfg.Rate = 1, 10, 200
		cfg.Warmup, cfg.Duration = 100*time.Millisecond, time.Second
		for _, depth := range []int{0, 2} {
			cfg.Depth = depth
			res := run(t, cfg)
			if n := res.Latencies.TotalCount(); n != 200 {
				t.Errorf("depth %d: %d latencies of 200 messages", depth, n)
			}
			slow := int64(0)
			for _, bar := range res.Latencies.Distribution() {
				if bar.From >= int64(49*time.Millisecond) {
					slow += bar.Count
				}
			}
			if slow < 8 || res.LatencyUS.P999 < 50_000 {
				t.Errorf("depth %d: %d messages took 50 ms, p99.9 is %v µs", depth, slow, res.LatencyUS.P999)
			}
		}
	})
}

// TestSchedule counts what is due over all connections and workers.
func TestSchedule(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Parallel()
		for _, c := range []struct{ conns, active, workers int }{{1, 1, 1}, {3, 3, 1}, {7, 7, 3}, {8, 8, 8}, {7, 5, 3}, {4, 2, 4}} {
			cfg := serve(t, plainEcho)
			cfg.Backend, cfg.Scenario, cfg.Rate = backend, load.Idle, 2000
			cfg.Conns, cfg.Active, cfg.Workers = c.conns, c.active, c.workers
			res := run(t, cfg)
			if n := res.Latencies.TotalCount(); n != 400 {
				t.Errorf("%+v: %d latencies, want 400", c, n)
			}
			if l := res.LatenessUS; l == nil || !(0 < l.P50 && l.P50 <= l.Max && l.Max <= res.LatencyUS.Max) {
				t.Errorf("%+v: lateness %+v, which latency up to %v includes", c, l, res.LatencyUS.Max)
			}
		}
	})
}

// TestDueWakes has workers with nothing to wait for but the time at which the next
// message is due. A run in which nothing wakes them lasts until its end.
func TestDueWakes(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Parallel()
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		var came atomic.Int64
		cfg := serve(t, func(_ int, c *net.TCPConn) {
			echoUntil(c, func(data []byte, _ int64) bool {
				if came.Add(int64(len(data))) >= 100*64 {
					interrupt()
				}
				return true
			})
		})
		cfg.Backend, cfg.Rate, cfg.Conns, cfg.Workers = backend, 100, 7, 3
		cfg.Warmup, cfg.Duration = 0, 2*servetest.Bound // more than the server's connections last
		if res, err := load.Run(ctx, cfg); err != nil || !strings.HasPrefix(res.Note, "interrupted") {
			t.Errorf("%+v, %v", res, err)
		}
	})
}

// TestDepthIsKept swallows everything, so that nothing but the first messages
// may be sent.
func TestDepthIsKept(t *testing.T) {
	for name, rate := range map[string]float64{"closed": 0, "open": 5000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var most atomic.Int64
			t.Cleanup(func() { // after the server's end
				if n := most.Load(); n > 3*64 {
					t.Errorf("%d bytes were sent, more than 3 messages of 64", n)
				}
			})
			cfg := serve(t, func(_ int, c *net.TCPConn) {
				if n := swallow(c); n > most.Load() {
					most.Store(n)
				}
			})
			cfg.Conns, cfg.Depth, cfg.Rate = 1, 3, rate
			res, err := load.Run(context.Background(), cfg)
			if err == nil || !strings.Contains(err.Error(), "no answer") {
				t.Errorf("error %v, want one on messages without an answer", err)
			}
			if res.Messages != 0 || !strings.Contains(res.Note, "without an answer") {
				t.Errorf("%d messages, note %q", res.Messages, res.Note)
			}
			if rate == 0 && res.Errors != 3 {
				t.Errorf("%d errors, want 3", res.Errors)
			}
			if n := res.Latencies.TotalCount(); rate > 0 && n != 1000 {
				t.Errorf("%d latencies of 1000 unanswered messages", n)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	var messages atomic.Int64
	cfg := serve(t, func(_ int, c *net.TCPConn) {
		echoUntil(c, func([]byte, int64) bool {
			if messages.Add(1) == 500 {
				interrupt()
			}
			return true
		})
	})
	cfg.Warmup, cfg.Duration = 0, time.Hour
	res, err := load.Run(ctx, cfg)
	if err != nil || res.Note != "interrupted" || res.Messages == 0 || res.DurationS > servetest.Bound.Seconds() {
		t.Errorf("%+v, %v", res, err)
	}
	res, err = load.Run(ctx, cfg)
	if res != nil || err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("interrupted before: %+v, %v", res, err)
	}
}

func TestCheck(t *testing.T) {
	good := load.Config{Host: "127.0.0.1", Port: "9190", Conns: 1, Size: 1, Workers: 1, Duration: time.Second}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*load.Config){
		"--conns":                    func(c *load.Config) { c.Conns = 0 },
		"--size":                     func(c *load.Config) { c.Size = 17 << 20 },
		"--depth":                    func(c *load.Config) { c.Depth = -1 },
		"on their way":               func(c *load.Config) { c.Conns, c.Depth = 60_000, 65_536 },
		"--workers":                  func(c *load.Config) { c.Workers = 65 },
		"--rate":                     func(c *load.Config) { c.Rate = math.NaN() },
		"--duration":                 func(c *load.Config) { c.Duration = 0 },
		"--warmup":                   func(c *load.Config) { c.Warmup = -1 },
		"--server-pid":               func(c *load.Config) { c.ServerPID = -1 },
		"no scenario":                func(c *load.Config) { c.Scenario = "flood" },
		"--active":                   func(c *load.Config) { c.Scenario, c.Active = load.Idle, 2 },
		"--sources":                  func(c *load.Config) { c.Sources = -1 },
		"--ahead":                    func(c *load.Config) { c.Scenario, c.AheadMax = load.Slow, -1 },
		"--read-rate":                func(c *load.Config) { c.Scenario, c.ReadRate = load.Slow, math.Inf(1) },
		"not for --scenario=storm":   func(c *load.Config) { c.Scenario, c.Active = load.Storm, 1 },
		"is not for --scenario=slow": func(c *load.Config) { c.Scenario, c.Depth = load.Slow, 2 },
		"at least 32 bytes":          func(c *load.Config) { c.Scenario, c.Size = load.Fanout, 31 },
		"at most 4096 lines":         func(c *load.Config) { c.Scenario, c.Size, c.Depth = load.Fanout, 64, 5000 },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := load.Run(context.Background(), bad); err == nil {
			t.Errorf("%s: Run took it", name)
		}
	}
}

// TestRemoteIsRefused connects to nobody: 192.0.2.1 is for documentation
// (RFC 5737).
func TestRemoteIsRefused(t *testing.T) {
	cfg := configFor(t, "192.0.2.1:9")
	var remote *load.RemoteError
	if _, err := load.Run(context.Background(), cfg); !errors.As(err, &remote) || !strings.Contains(err.Error(), "--allow-remote") {
		t.Errorf("error %v", err)
	}
}

// TestInterruptInWarmup ends a run of which nothing was measured yet.
func TestInterruptInWarmup(t *testing.T) {
	for name, rate := range map[string]float64{"closed": 0, "open": 100} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(context.Background())
			defer interrupt()
			cfg := serve(t, func(_ int, c *net.TCPConn) {
				echoUntil(c, func([]byte, int64) bool { interrupt(); return true })
			})
			cfg.Warmup, cfg.Rate = time.Hour, rate
			begun := time.Now()
			res, err := load.Run(ctx, cfg)
			if err != nil || res.Note != "interrupted" || res.Messages != 0 || res.DurationS != 0 || res.Latencies.TotalCount() != 0 {
				t.Errorf("%+v, %v", res, err)
			}
			if took := time.Since(begun); took > servetest.Bound {
				t.Errorf("took %v", took)
			}
		})
	}
}
