package echo_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
)

// TestNoAllocationPerMessage holds a server process that has warmed up to
// less than one allocation in a thousand messages.
func TestNoAllocationPerMessage(t *testing.T) {
	if servetest.Race {
		t.Skip("capability: the race detector allocates by itself")
	}
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		if backend != "uring" && backend != "epoll" {
			t.Skip("capability: only uring and epoll promise it")
		}
		for model := range servers {
			if model == "routine" {
				continue // it polls for connections, and accept4 of x/sys allocates for each vain attempt
			}
			t.Run(model, func(t *testing.T) {
				child := servetest.StartChild(t, model, backend)
				conns := make([]net.Conn, 10)
				for i := range conns {
					conns[i] = dial(t, child.Addr)
				}
				child.AllocatesNothing(t, messages, func() { echoes(t, conns, messages) })
			})
		}
	})
}

const messages = 100_000

// echoes exchanges messages, one after the other on each connection.
func echoes(t *testing.T, conns []net.Conn, messages int) {
	t.Helper()
	var clients sync.WaitGroup
	for _, conn := range conns {
		clients.Go(func() {
			message, back := make([]byte, 64), make([]byte, 64)
			for range messages / len(conns) {
				conn.SetDeadline(time.Now().Add(servetest.Bound))
				conn.Write(message)
				if _, err := io.ReadFull(conn, back); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
}
