package iocp_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// A relative path is that of the folder in which the socket was bound.
func TestUnixPathAfterChdir(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		there, elsewhere := t.TempDir(), t.TempDir()
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		t.Chdir(there)
		l, err := p.ListenUnix("l", iocp.ListenConfig{})
		lacksUnix(t, err)
		d, err := p.NewUnixDatagram("d")
		lacksUnix(t, err)
		t.Chdir(elsewhere)
		for _, name := range []string{"l", "d"} {
			check(t, os.WriteFile(name, []byte("mine"), 0o600))
		}
		check(t, l.Close())
		check(t, d.Close())
		for _, name := range []string{"l", "d"} {
			if _, err := os.Lstat(filepath.Join(there, name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is still there: %v", name, err)
			}
			if _, err := os.Lstat(name); err != nil {
				t.Errorf("another folder's file was removed: %v", err)
			}
		}
	})
}

// An abstract name may be as long as the system's field for it, since it has no
// NUL at its end.
func TestUnixLongestNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("capability: abstract names are Linux's")
	}
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		t.Chdir(t.TempDir())
		for _, fill := range []int{107, 108} {
			name := func(start string) string { return start + strings.Repeat("x", fill-len(start)) }
			prefix := "@iocp" + strconv.Itoa(os.Getpid()) + backend
			if fill == 107 {
				prefix = ""
			}
			longNames(t, p, name(prefix+"l"), name(prefix+"d"), name(prefix+"e"))
		}
		_, err := p.ListenUnix(strings.Repeat("x", 108), iocp.ListenConfig{})
		if !errors.Is(err, iocp.ErrInvalid) {
			t.Errorf("listening at a path of 108 bytes: %v, want ErrInvalid", err)
		}
	})
}

// longNames connects through a name, and sends between two.
func longNames(t *testing.T, p *iocp.Port, listen, from, to string) {
	t.Helper()
	l, err := p.ListenUnix(listen, iocp.ListenConfig{})
	lacksUnix(t, err)
	defer l.Close()
	s, err := p.NewUnixSocket()
	check(t, err)
	a, err := p.NewUnixDatagram(from)
	check(t, err)
	defer a.Close()
	b, err := p.NewUnixDatagram(to)
	check(t, err)
	defer b.Close()
	for _, h := range []iocp.Handle{l, s, a, b} {
		check(t, p.Associate(h, nil))
	}
	var connect, send, recv iocp.Op
	check(t, s.ConnectUnix(&connect, listen))
	if c := dequeue(t, p); c.Err != nil || s.Path() != listen || l.Path() != listen {
		t.Fatalf("connecting to %q: %+v; paths %q and %q", listen, c, s.Path(), l.Path())
	}
	check(t, b.RecvFrom(&recv, make([]byte, 1)))
	check(t, a.SendToUnix(&send, to, []byte("x")))
	for range 2 {
		if c := dequeue(t, p); c.Err != nil || c.Op == &recv && c.FromPath != from {
			t.Fatalf("sending from %q to %q: %+v", from, to, c)
		}
	}
	if a.Path() != from || b.Path() != to {
		t.Errorf("paths %q and %q, want %q and %q", a.Path(), b.Path(), from, to)
	}
	check(t, b.ConnectUnix(from))
	check(t, s.Close())
}

func lacksUnix(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	check(t, err)
}
