package server_test

import (
	"bytes"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"iocp/server"
)

// Handlers that wait don't keep those from being called that they wait for,
// whatever the numbers of workers and CPUs, if they or the server say that they
// may.
func TestAnyNumberOfHandlersMayWait(t *testing.T) {
	const conns = 64
	arrive := func(arrived *atomic.Int32, all chan struct{}) {
		if arrived.Add(1) == conns {
			close(all)
		}
		<-all
	}
	for name, wait := range map[string]func(c *server.Conn, f func()){
		"Conn.Blocking":   (*server.Conn).Blocking,
		"Config.Blocking": func(_ *server.Conn, f func()) { f() },
		"both":            (*server.Conn).Blocking,
	} {
		t.Run(name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				cfg.Blocking = name != "Conn.Blocking"
				cfg.PortConfig.Concurrency, cfg.Workers = 1, 2
				var opened, heard, closed atomic.Int32
				opens, datas, closes := make(chan struct{}), make(chan struct{}), make(chan struct{})
				srv, addr := serve(t, calls{
					open:  func(c *server.Conn) { wait(c, func() { arrive(&opened, opens) }) },
					data:  func(c *server.Conn, data []byte) { wait(c, func() { arrive(&heard, datas) }); c.TrySend(data) },
					close: func(c *server.Conn, _ error) { wait(c, func() { arrive(&closed, closes) }) },
				}, cfg)
				for range conns {
					peer := dial(t, addr)
					go func() {
						write(t, peer, "x")
						expect(t, peer, "x")
						peer.CloseWrite()
					}()
				}
				next(t, closes)
				eventually(t, "the workers that aren't needed any more end", func() bool { return srv.Stats().Port.Workers <= 2 })
			})
		})
	}
}

// Outside a callback of its connection Blocking just runs what it is given.
func TestBlockingOutsideACallback(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		_, c, peer := connect(t, cfg, calls{})
		ran := false
		if c.Blocking(func() { ran = true }); !ran {
			t.Error("it didn't run")
		}
		peer.Close()
	})
}

// So it does after OnClose: the worker that called that has other things to do, and
// nobody stands in for it.
func TestBlockingAfterOnClose(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		srv, c, peer := connect(t, cfg, calls{})
		peer.Close()
		eventually(t, "the connection is closed", func() bool { return srv.Stats().Open == 0 })
		before, during := workersStarted(), -1
		c.Blocking(func() { during = workersStarted() })
		if during != before {
			t.Errorf("there are %d workers meanwhile, want %d", during, before)
		}
	})
}

// workersStarted is how many goroutines there are that began as workers.
func workersStarted() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("server.(*pool).add in"))
}

// eventually waits for a condition that nothing tells of.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for limit := time.Now().Add(bound); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not in time: " + what)
		}
	}
}
