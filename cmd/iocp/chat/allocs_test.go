package chat_test

import (
	"io"
	"net"
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
		members := enter(t, child.Addr, 10)
		child.AllocatesNothing(t, messages, func() { converse(t, members, messages) })
	})
}

// enter has so many members join, each of whom has been heard by all before it
// when the next one comes; so none misses what is said afterwards.
func enter(t *testing.T, addr string, n int) []net.Conn {
	t.Helper()
	const hello = "hello\n"
	var members []net.Conn
	for range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(servetest.Bound))
		members = append(members, conn)
		io.WriteString(conn, hello)
		for _, m := range members {
			if _, err := io.ReadFull(m, make([]byte, len(hello))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return members
}

// converse lets each member in turn say a line when all have heard the last.
func converse(t *testing.T, members []net.Conn, messages int) {
	t.Helper()
	const line = "[kim] a line of an ordinary length, as people type them\n"
	const batch = 50
	heard := make(chan error, len(members)) // a batch, by one of them
	for _, m := range members {
		go func() {
			buf := make([]byte, batch*len(line))
			for range messages / batch {
				m.SetReadDeadline(time.Now().Add(servetest.Bound))
				_, err := io.ReadFull(m, buf)
				heard <- err
				if err != nil {
					return
				}
			}
		}()
	}
	for i := range messages / batch {
		speaker := members[i%len(members)]
		speaker.SetWriteDeadline(time.Now().Add(servetest.Bound))
		for range batch {
			io.WriteString(speaker, line)
		}
		for range members {
			if err := <-heard; err != nil {
				t.Fatal(err)
			}
		}
	}
}
