package iocp_test

import (
	"reflect"
	"regexp"
	"runtime"
	"testing"
	"time"

	"iocp"
	"iocp/internal/invariant"
)

// holder is what programs have for each connection: it is the socket's key, and
// leads to the Buf that it holds.
type holder struct {
	socket *iocp.Socket
	recv   iocp.Op
	buf    iocp.Buf
}

// receive has a new connection of a receive a byte into a Buf.
func (a *auditor) receive() (h *holder, from *iocp.Socket) {
	a.t.Helper()
	l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
	a.associate(l, err)
	from, err = a.port.NewSocket(iocp.IPv4)
	a.associate(from, err)
	h = new(holder)
	h.recv.Owner = h
	var connect, send iocp.Op
	check(a.t, l.Accept(&h.recv))
	check(a.t, from.Connect(&connect, l.Addr()))
	for range 2 {
		if c := a.wait(1); c.Op == &h.recv {
			h.socket = c.Socket
		}
	}
	check(a.t, a.port.Associate(h.socket, h))
	check(a.t, h.socket.RecvPooled(&h.recv))
	check(a.t, from.Send(&send, []byte("x")))
	for range 2 {
		if c := a.wait(1); c.Op == &h.recv {
			h.buf = c.Buf
		}
	}
	check(a.t, l.Close())
	return h, from
}

// close is what a program does with a connection of which it has had enough.
func (h *holder) close(t *testing.T, from *iocp.Socket) {
	check(t, h.socket.Close())
	check(t, from.Close())
}

// collected has the collector find what is garbage, and whoever wants to know
// learn of it.
func collected(t *testing.T) {
	t.Helper()
	for range 6 { // what is pooled lives for some rounds; what is to be run has no order
		seen := make(chan struct{})
		runtime.AddCleanup(&holder{}, func(seen chan struct{}) { close(seen) }, seen)
		for deadline := time.Now().Add(bound); ; runtime.GC() {
			select {
			case <-seen:
			case <-time.After(time.Millisecond):
				if time.Now().After(deadline) {
					t.Fatal("nothing is collected")
				}
				continue
			}
			break
		}
	}
}

// A checked build finds a Buf that was dropped, and ends the process with the
// place that it was handed out at. Others are not watched.
func TestLostBufEndsTheProcess(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		if isChild(t) {
			a := newAuditor(t, backend)
			h, from := a.receive()
			h.close(t, from)
			h, from = nil, nil
			collected(t)
			if invariant.Enabled {
				t.Error("nobody noticed")
			}
			check(t, a.port.Close())
			return
		}
		out, err := child(t)
		if !invariant.Enabled {
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			return
		}
		want := regexp.MustCompile(`(?m)^panic: iocp: a Buf was never released.*\n\t+handed out, 1 bytes: .*audit_test\.go:\d+ `)
		if err == nil || !want.Match(out) {
			t.Errorf("%v, and there is no %v in\n%s", err, want, out)
		}
	})
}

// Nothing is lost with a Buf that was released, is held still, or outlives its
// port.
func TestBufsThatAreNotLost(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		inChild(t, func(t *testing.T) {
			a := newAuditor(t, backend)
			h, from := a.receive()
			h.buf.Release()
			h.close(t, from)
			kept, from := a.receive()
			copied := kept.buf
			kept.close(t, from)
			kept = nil
			left, _ := a.receive()
			collected(t)
			copied.Release()
			collected(t) // what was released while the port is open
			check(t, a.port.Close())
			runtime.KeepAlive(left)
			left = nil
			collected(t)
		})
	})
}

// What finds lost Bufs costs nothing elsewhere: a Buf is a pointer and a number.
func TestBufIsSmall(t *testing.T) {
	got, small := reflect.TypeFor[iocp.Buf]().Size(), 2*reflect.TypeFor[uintptr]().Size()
	if (got == small) == invariant.Enabled {
		t.Errorf("a Buf has %d bytes, in a checked build: %v; a pointer and a number have %d", got, invariant.Enabled, small)
	}
}
