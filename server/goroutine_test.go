package server_test

import (
	"bytes"
	"runtime"
	"testing"

	"iocp/server"
)

// goroutine names the one that runs.
func goroutine() string {
	stack := make([]byte, 64)
	name, _, _ := bytes.Cut(stack[:runtime.Stack(stack, false)], []byte(" ["))
	return string(name)
}

// Callbacks are called by workers, whoever brings them about: one worker, with
// nothing that blocks, is one goroutine.
func TestCallbacksAreCalledByWorkers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.Workers = 1
		conns, seen := make(chan *server.Conn, 1), make(chan string, 1)
		_, addr := serve(t, calls{
			open:  func(c *server.Conn) { c.SetData(goroutine()); c.Pause(); conns <- c },
			data:  func(c *server.Conn, _ []byte) { c.Pause(); seen <- goroutine() },
			close: func(*server.Conn, error) { seen <- goroutine() },
		}, cfg)
		for range 20 {
			peer := dial(t, addr)
			write(t, peer, "x")
			c := next(t, conns)
			c.Resume()
			expectGoroutine(t, c, "OnData after Resume", next(t, seen))
			c.Abort()
			expectGoroutine(t, c, "OnClose after Abort", next(t, seen))
		}
	})
}

// expectGoroutine compares who has called a callback with who called OnOpen.
func expectGoroutine(t *testing.T, c *server.Conn, callback, got string) {
	t.Helper()
	if want := c.Data().(string); got != want {
		t.Fatalf("%s is called by %s, and OnOpen was by %s", callback, got, want)
	}
}
