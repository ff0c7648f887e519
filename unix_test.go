package iocp_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"iocp"
)

// A listener of one backend, whose backlog is full at once, and sockets of each:
// portable can't make its own backlog small.
func TestUnixConnectWaitsForRoom(t *testing.T) {
	if !slices.Contains(iocp.Backends(), "epoll") {
		t.Skip("capability: only epoll's backlog can be chosen")
	}
	for _, backend := range []string{"uring", "epoll", "portable"} {
		t.Run(backend, func(t *testing.T) { crowd(t, backend) })
	}
}

func crowd(t *testing.T, backend string) {
	servers, clients := openPort(t, "epoll"), openPort(t, backend)
	l, err := servers.ListenUnix(filepath.Join(t.TempDir(), "s"), iocp.ListenConfig{Backlog: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := servers.Associate(l, nil); err != nil {
		t.Fatal(err)
	}
	var connects [20]iocp.Op
	for i := range connects {
		s, err := clients.NewUnixSocket()
		if err != nil {
			t.Fatal(err)
		}
		if err := clients.Associate(s, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.ConnectUnix(&connects[i], l.Path()); err != nil {
			t.Fatal(err)
		}
	}
	var accept iocp.Op
	if err := l.AcceptMany(&accept); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*iocp.Port{servers, clients} {
		for range connects {
			if c := dequeue(t, p); c.Err != nil {
				t.Fatalf("got completion %+v, want a connection", c)
			} else if c.Socket != nil {
				defer c.Socket.Close()
			}
		}
	}
}

func openPort(t *testing.T, backend string) *iocp.Port {
	t.Helper()
	p, err := iocp.New(iocp.Config{Backend: backend})
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func dequeue(t *testing.T, p *iocp.Port) iocp.Completion {
	t.Helper()
	w := p.Worker()
	defer w.Close()
	var got [1]iocp.Completion
	if _, err := w.Wait(got[:], 20*time.Second); err != nil {
		t.Fatal(err)
	}
	return got[0]
}
