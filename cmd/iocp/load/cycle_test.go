package load_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"iocp"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
	"iocp/cmd/iocp/load"
	"iocp/server"
)

// serveSome is serve with a context to run the load under, which ends when so many
// connections have come that all but the last of them are over.
func serveSome(t *testing.T, handle func(id int, c *net.TCPConn)) (context.Context, load.Config) {
	ctx, enough := context.WithCancel(t.Context())
	cfg := serve(t, func(id int, c *net.TCPConn) {
		if id == 50 {
			enough()
		}
		handle(id, c)
	})
	t.Cleanup(enough)
	cfg.Warmup, cfg.Duration = 0, servetest.Bound
	return ctx, cfg
}

func TestStorm(t *testing.T) {
	for _, scenario := range []string{load.Storm, load.Half} {
		t.Run(scenario, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				var accepted atomic.Int64
				ctx, cfg := serveSome(t, func(id int, c *net.TCPConn) {
					accepted.Add(1)
					plainEcho(id, c)
				})
				cfg.Backend, cfg.Scenario, cfg.Depth = backend, scenario, 3
				res, err := load.Run(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				if n := accepted.Load(); res.Messages == 0 || n < res.Messages || n > res.Messages+2*int64(cfg.Conns) {
					t.Errorf("%d connections counted, %d accepted", res.Messages, n)
				}
				if res.Bytes < res.Messages*3*64 || res.ConnectUS == nil || res.ConnectUS.P50 <= 0 {
					t.Errorf("%d bytes on %d connections, connecting took %+v", res.Bytes, res.Messages, res.ConnectUS)
				}
			})
		})
	}
}

// TestStormRate counts the connections that are due.
func TestStormRate(t *testing.T) {
	cfg := serve(t, plainEcho)
	cfg.Scenario, cfg.Rate = load.Storm, 1000
	if n := run(t, cfg).Latencies.TotalCount(); n != 200 {
		t.Errorf("%d latencies of 200 connections due", n)
	}
}

// TestLateConnections has a server that answers nobody for a while: the
// connections that are due meanwhile wait for a client, and count all the same.
func TestLateConnections(t *testing.T) {
	t.Parallel()
	cfg := serve(t, func(_ int, c *net.TCPConn) { swallow(c) })
	cfg.Scenario, cfg.Rate, cfg.Warmup = load.Storm, 1000, 0
	res, err := load.Run(context.Background(), cfg)
	if err == nil || res.Failures.NoAnswer != 200 || res.Latencies.TotalCount() != 200 || res.LatencyUS.P50 < 1e6 {
		t.Errorf("%v, %d latencies, error %v", res.Failures, res.Latencies.TotalCount(), err)
	}
}

// endings counts how connections ended. It is a handler of package server, since
// that learns of a reset whenever it comes: under Wine package net takes it for
// the end of the stream when no receive was pending.
type endings struct {
	server.NopHandler
	resets, others atomic.Int64
}

func (e *endings) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

func (e *endings) OnClose(_ *server.Conn, err error) {
	if errors.Is(err, iocp.ErrReset) {
		e.resets.Add(1)
	} else {
		e.others.Add(1)
	}
}

// TestAbort counts the connections that the server has opened; those of the run's
// end may end otherwise.
func TestAbort(t *testing.T) {
	h := new(endings)
	srv, err := server.New(h, server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	cfg := configFor(t, ln.Addr().String())
	cfg.Scenario, cfg.Abort, cfg.Warmup = load.Storm, true, 0
	res := run(t, cfg)
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	<-served
	if h.resets.Load() < res.Messages || h.others.Load() > int64(cfg.Conns) {
		t.Errorf("of %d connections %d ended with a reset and %d without", res.Messages, h.resets.Load(), h.others.Load())
	}
}

// TestBadServers has servers that treat every third connection badly.
func TestBadServers(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		bad            func(*net.TCPConn)
		count          func(*load.Failures) int64
	}{
		{"resets", load.Storm, func(c *net.TCPConn) { c.SetLinger(0) }, func(f *load.Failures) int64 { return f.Reset }},
		{"closes at once", load.Storm, func(c *net.TCPConn) { c.CloseWrite(); swallow(c) }, func(f *load.Failures) int64 { return f.Closed }},
		{"changes a byte", load.Storm, func(c *net.TCPConn) { echoUntil(c, at(77, func(b *byte) { *b ^= 1 })) }, func(f *load.Failures) int64 { return f.Corrupt }},
		{"forgets the tail at the end", load.Half, func(c *net.TCPConn) {
			echoUntil(c, func(data []byte, offset int64) bool { return offset+int64(len(data)) < 128 })
			swallow(c)
		}, func(f *load.Failures) int64 { return f.Closed }},
		{"has more than was sent", load.Half, func(c *net.TCPConn) { plainEcho(0, c); c.Write([]byte{1}); swallow(c) }, func(f *load.Failures) int64 { return f.Corrupt }},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				ctx, cfg := serveSome(t, func(id int, conn *net.TCPConn) {
					if id%3 == 2 {
						c.bad(conn)
						return
					}
					plainEcho(id, conn)
				})
				cfg.Backend, cfg.Scenario, cfg.Depth = backend, c.scenario, 2
				res, err := load.Run(ctx, cfg)
				if err == nil || res == nil {
					t.Fatalf("%+v, error %v", res, err)
				}
				if n := c.count(res.Failures); n == 0 || n != res.Errors || res.Messages == 0 {
					t.Errorf("%d errors%s in %d connections", res.Errors, res.Failures, res.Messages)
				}
			})
		})
	}
}

// TestNoEnd has a server that answers and then keeps half-closed connections.
func TestNoEnd(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	cfg := serve(t, func(_ int, c *net.TCPConn) {
		plainEcho(0, c)
		<-over
	})
	t.Cleanup(func() { close(over) }) // before the server's end
	cfg.Scenario, cfg.Conns = load.Half, 3
	res, err := load.Run(context.Background(), cfg)
	if err == nil || !strings.Contains(err.Error(), "3 of the connections had no answer") || res.Messages != 0 || res.Failures.NoAnswer != 3 {
		t.Errorf("%+v, error %v", res, err)
	}
}

func TestServerGoesAway(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := servetest.Start(t, service.Config{}, serveEcho)
		cfg := configFor(t, s.Addr)
		cfg.Backend, cfg.Scenario, cfg.Warmup, cfg.Duration = backend, load.Storm, 0, servetest.Bound
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		cfg.Progress = func(p load.Progress) {
			if p.Counted > 0 && p.Errors == 0 {
				s.Stop(t)
			}
			if p.Errors > 0 {
				interrupt()
			}
		}
		res, err := load.Run(ctx, cfg)
		if err == nil || res.Failures.Refused == 0 {
			t.Errorf("%s, error %v", res.Failures, err)
		}
	})
}
