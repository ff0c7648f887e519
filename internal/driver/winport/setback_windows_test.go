package winport_test

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

// standing makes a listener with an AcceptMany.
func (b *bench) standing() (driver.Listener, *driver.Op) {
	b.t.Helper()
	l, op := b.listener(), &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(l.Accept(op))
	return l, op
}

// brings waits for a connection of a standing accept, and gives its node back.
func (b *bench) brings() {
	b.t.Helper()
	node := b.next()
	if node.Err != nil || !node.More || node.Accepted() == nil {
		b.t.Fatalf("more %t, error %v, want a connection", node.More, node.Err)
	}
	b.ok(node.Accepted().Close())
	node.Home().Recycle(node)
}

// lacks waits until a standing accept tells that it can't go on.
func (b *bench) lacks() {
	b.t.Helper()
	node := b.next()
	if !errors.Is(node.Err, driver.ErrLimit) || !node.More || node.Accepted() != nil {
		b.t.Fatalf("more %t, error %v, want %v", node.More, node.Err, driver.ErrLimit)
	}
	node.Home().Recycle(node)
}

// TestStandingAcceptWithoutSockets has it run out of sockets with requests in the
// kernel, which go on; it tells when the last is gone, and recovers.
func TestStandingAcceptWithoutSockets(t *testing.T) {
	refusal := winport.RefuseSockets(t)
	b := newBench(t)
	l, op := b.standing()
	for _, errno := range []windows.Errno{windows.WSAEMFILE, windows.WSAENOBUFS} {
		refusal.Store(uint32(errno))
		for range 16 {
			b.dial(l)
			b.brings()
		}
		b.lacks()
		if b.accepts.Held.Load() != 1 {
			t.Error("not counted as held up")
		}
		refusal.Store(0)
		b.dial(l)
		b.brings()
		if b.accepts.Held.Load() != 0 || b.accepts.Failed.Load() == 0 {
			t.Errorf("%d held up, %d failures", b.accepts.Held.Load(), b.accepts.Failed.Load())
		}
	}
	if !l.Cancel(op) || !errors.Is(b.expect(op).Err, driver.ErrAborted) || op.More {
		t.Errorf("cancelled: more %t, error %v", op.More, op.Err)
	}
}

// TestStandingAcceptBegunWithoutSockets starts one while there are none, and has
// it cancelled or its listener closed meanwhile.
func TestStandingAcceptBegunWithoutSockets(t *testing.T) {
	refusal := winport.RefuseSockets(t)
	b := newBench(t)
	l := b.listener()
	refusal.Store(uint32(windows.WSAEMFILE))
	op := &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(l.Accept(op))
	b.lacks()
	for deadline := time.Now().Add(bound); b.accepts.Failed.Load() < 3; b.quiet() {
		if time.Now().After(deadline) {
			t.Fatal("isn't tried again")
		}
	}
	if !l.Cancel(op) || !errors.Is(b.expect(op).Err, driver.ErrAborted) {
		t.Errorf("cancelled: %v", op.Err)
	}
	if b.accepts.Held.Load() != 0 {
		t.Error("still held up")
	}
	b.ok(l.Accept(op))
	b.lacks()
	b.ok(l.Close())
	if b.expect(op).More {
		t.Error("there is more of a closed listener")
	}
}
