package porttest

import (
	"net"

	"iocp"
)

// Accepting while the process has no descriptors left: C93.

// acceptScarce lets a standing accept meet clients for whom there are no
// descriptors. It tells of that once, tries again, goes on when one has been
// given back, and is none the worse for it afterwards.
func acceptScarce(t *trial) {
	l := t.listener("listener")
	ours := t.looseListener(loopback4)
	peers := [...]*peer{t.dial(l.Addr()), t.dial(l.Addr()), t.dial(l.Addr())}
	relent := t.takeDescriptors()
	defer relent()
	var op iocp.Op
	t.acceptMany(l, &op)
	c := t.expect(packet{op: &op, key: "listener", err: iocp.ErrLimit, more: true})
	if c.Socket != nil || c.N != 0 {
		t.Fatalf("an accept that failed brings something: %+v", c)
	}
	t.await("tries after the first", func() bool { return t.port.Stats().AcceptsFailed >= 3 })
	t.empty()
	t.heldUp(1)
	t.must(ours.Close())
	t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), peers[0])
	relent()
	for _, p := range peers[1:] {
		t.isFrom(t.expect(packet{op: &op, key: "listener", more: true}), p)
	}
	t.heldUp(0)
	t.must(l.Cancel(&op))
	t.isLast(t.expect(packet{op: &op, key: "listener", err: iocp.ErrAborted}))
}

// acceptScarceEnds has standing accepts be given up while they can't go on.
func acceptScarceEnds(t *trial) {
	l := t.listener("listener")
	t.dial(l.Addr())
	defer t.takeDescriptors()()
	var op iocp.Op
	for range 2 {
		t.acceptMany(l, &op)
		t.expect(packet{op: &op, key: "listener", err: iocp.ErrLimit, more: true})
		t.must(l.Cancel(&op))
		t.expect(packet{op: &op, key: "listener", err: iocp.ErrAborted})
		t.empty()
		t.heldUp(0)
	}
	t.acceptMany(l, &op)
	t.expect(packet{op: &op, key: "listener", err: iocp.ErrLimit, more: true})
	t.close()
	t.expect(packet{op: &op, key: "listener", err: net.ErrClosed})
	t.over()
	t.heldUp(0)
}

// heldUp waits until so many standing accepts wait for descriptors.
func (t *trial) heldUp(n int) {
	t.Helper()
	t.await("standing accepts that are held up", func() bool { return t.port.Stats().AcceptsHeld == n })
}

// takeDescriptors has the system refuse this process descriptors, or skips the
// clause where that can't be. What it returns undoes that.
func (t *trial) takeDescriptors() (relent func()) {
	t.Helper()
	if t.harness.virtual {
		t.Skip("capability: a simulated network has no descriptors to lack")
	}
	relent, err := refuseDescriptors()
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	return relent
}
