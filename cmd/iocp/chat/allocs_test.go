package chat_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
)

const messages = 100_000

// TestNoAllocationPerMessage holds a server process that has warmed up to
// less than one allocation in a thousand lines, each heard by all.
func TestNoAllocationPerMessage(t *testing.T) {
	if servetest.Race {
		t.Skip("capability: the race detector allocates by itself")
	}
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		if backend != "uring" && backend != "epoll" {
			t.Skip("capability: only uring and epoll promise it")
		}
		child := servetest.StartChild(t, "chat", backend)
		members := make([]net.Conn, 10)
		for i := range members {
			conn, err := net.Dial("tcp", child.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(servetest.Bound))
			members[i] = conn
		}
		child.AllocatesNothing(t, messages, func() { converse(t, members, messages) })
	})
}

// converse lets each member in turn say a line when all have heard the last.
func converse(t *testing.T, members []net.Conn, messages int) {
	t.Helper()
	const line = "[kim] a line of an ordinary length, as people type them\n"
	const batch = 50
	heard := make(chan struct{}, len(members))
	var wg sync.WaitGroup
	for _, m := range members {
		wg.Go(func() {
			buf := make([]byte, batch*len(line))
			for range messages / batch {
				if _, err := io.ReadFull(m, buf); err != nil {
					t.Error(err)
				}
				heard <- struct{}{}
			}
		})
	}
	for i := range messages / batch {
		for range batch {
			io.WriteString(members[i%len(members)], line)
		}
		for range members {
			<-heard
		}
	}
	wg.Wait()
}
