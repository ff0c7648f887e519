package load_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
)

// slow is a load of slow readers who may be offered more than kernels hold.
func slow(t *testing.T, handle func(id int, c *net.TCPConn)) load.Config {
	cfg := serve(t, handle)
	cfg.Scenario, cfg.Size, cfg.Conns, cfg.AheadMax, cfg.ReadRate = load.Slow, 0, 3, 1<<30, 100_000
	return cfg
}

// TestSlowHeld has a server that reads nothing more while it can't write.
func TestSlowHeld(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := slow(t, plainEcho)
		cfg.Backend, cfg.Warmup, cfg.Duration = backend, 0, time.Second
		res, err := load.Run(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		s := res.Slow
		if s.Held != 3 || s.AheadMax < 1<<16 || float64(s.AheadMax) < s.Ahead {
			t.Errorf("%+v, want 3 held", s)
		}
		if most := int64(float64(cfg.Conns) * cfg.ReadRate * res.DurationS); res.Bytes == 0 || res.Bytes > most {
			t.Errorf("%d bytes were read, at most %d are allowed", res.Bytes, most)
		}
	})
}

// TestSlowUnheld has a server that takes everything and answers nothing.
func TestSlowUnheld(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		const ahead = 4 << 20
		var taken atomic.Int64
		cfg := slow(t, func(_ int, c *net.TCPConn) {
			buf := make([]byte, 1<<20)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if taken.Add(int64(n)) == 3*ahead {
					interrupt()
				}
			}
		})
		cfg.Backend, cfg.AheadMax, cfg.Warmup, cfg.Duration = backend, ahead, 0, servetest.Bound
		res, err := load.Run(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if res.Slow.Unheld != 3 || res.Slow.AheadMax > ahead {
			t.Errorf("%+v, want 3 unheld, and no more than %d ahead", res.Slow, ahead)
		}
	})
}

// TestSlowDisconnected has servers that don't put up with it, which isn't an
// error.
func TestSlowDisconnected(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := slow(t, func(_ int, c *net.TCPConn) {
			echoUntil(c, func(_ []byte, offset int64) bool { return offset < 1<<20 })
			c.SetLinger(0)
		})
		cfg.Backend, cfg.Duration = backend, servetest.Bound
		res, err := load.Run(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if s := res.Slow; s.Reset+s.Closed != 3 || s.Reset == 0 || res.Errors != 0 {
			t.Errorf("%+v, %d errors; want 3 reset", s, res.Errors)
		}
	})
}

func TestSlowWrongBytes(t *testing.T) {
	cfg := slow(t, func(_ int, c *net.TCPConn) { echoUntil(c, at(1000, func(b *byte) { *b++ })) })
	cfg.Duration = servetest.Bound
	if _, err := load.Run(context.Background(), cfg); !errors.As(err, new(*load.CorruptError)) {
		t.Errorf("error %v", err)
	}
}
