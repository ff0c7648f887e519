package iocp_test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"iocp"
	"iocp/internal/refuse"
)

// A standing accept stands through whatever may pass, also failures that concern
// but one connection and come again without end, and it tells of them once. What
// can't pass ends it.
func TestRefusedAccept(t *testing.T) {
	for _, e := range []struct {
		name  string
		errno syscall.Errno
		class error
		more  bool
	}{
		{"ENFILE", syscall.ENFILE, iocp.ErrLimit, true},
		{"ENOBUFS", syscall.ENOBUFS, iocp.ErrLimit, true},
		{"ENOMEM", syscall.ENOMEM, iocp.ErrLimit, true},
		{"EPERM", syscall.EPERM, iocp.ErrAccess, true},
		{"ECONNABORTED", syscall.ECONNABORTED, iocp.ErrConnAborted, true},
		{"EINVAL", syscall.EINVAL, iocp.ErrInvalid, false},
		{"ENOSYS", syscall.ENOSYS, iocp.ErrNotSupported, false},
	} {
		for _, backend := range iocp.Backends() {
			if backend == "portable" && e.errno == syscall.ECONNABORTED {
				continue // package net goes on for ever
			}
			t.Run(fmt.Sprintf("%s/%s", backend, e.name), func(t *testing.T) {
				inChild(t, func(t *testing.T) {
					port, err := iocp.New(iocp.Config{Backend: backend})
					if err != nil {
						t.Skipf("capability: %v", err)
					}
					defer port.Close()
					c := refusedAccept(t, port, refuse.Calls(e.errno, "accept4"))
					if !errors.Is(c.Err, e.class) || c.More != e.more || c.Socket != nil {
						t.Errorf("got completion %+v, want %v, more: %v", c, e.class, e.more)
					}
				})
			})
		}
	}
}

// refusedAccept starts a standing accept on the client of which it is refused, and
// gives the first completion, after which nothing more comes of it.
func refusedAccept(t *testing.T, port *iocp.Port, refusal error) iocp.Completion {
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	check(t, err)
	check(t, port.Associate(ln, nil))
	client, err := net.Dial("tcp", ln.Addr().String())
	check(t, err)
	defer client.Close()
	suffer(t, refusal)
	var accept, last iocp.Op
	check(t, ln.AcceptMany(&accept))
	w := port.Worker()
	defer w.Close()
	var dst [2]iocp.Completion
	_, err = w.Wait(dst[:1], bound)
	check(t, err)
	if !dst[0].More {
		return dst[0]
	}
	if c := dst[0]; c.Socket != nil {
		c.Socket.Close()
		t.Fatal("the accept isn't refused")
	}
	for port.Stats().AcceptsFailed < 4 { // it is tried again, and told no more
		if n, err := w.Wait(dst[1:], 0); n > 0 {
			t.Errorf("a second time: %+v, %v", dst[1], err)
		}
	}
	check(t, port.Post(&last, 0, nil))
	_, err = w.Wait(dst[1:], bound)
	check(t, err)
	if dst[1].Op != &last {
		t.Errorf("told a second time: %+v", dst[1])
	}
	return dst[0]
}
