package porttest

import (
	"errors"
	"net"
	"os"
	"runtime"

	"iocp"
)

// Operations whose thread is gone: C112. io_uring, for one, ties what a thread
// has submitted to that thread.

// onDyingThread runs f on a thread of its own and returns when that has ended: a
// goroutine that ends while locked to its thread takes the thread with it.
func (t *trial) onDyingThread(f func() error) {
	t.Helper()
	t.await("the thread's end", t.locked(f).must())
}

// locked runs f on a goroutine that ends locked to its thread, and gives what
// tells whether the thread has ended. A process's first thread never does, so it
// is kept busy while another is tried.
func (t *trial) locked(f func() error) *future[func() bool] {
	return background(t, "working on a thread of its own", func() (func() bool, error) {
		runtime.LockOSThread()
		if onFirstThread() {
			defer runtime.UnlockOSThread()
			other := t.locked(f)
			<-other.done
			return other.val, other.err
		}
		return threadGone(), f()
	})
}

// starts is attempt for an operation that must be accepted, on any goroutine.
func (t *trial) starts(op *iocp.Op, start func(*iocp.Op) error) error {
	return t.attempt(op, func() error { return start(op) })
}

// starterGone has operations of all kinds started by a thread that is gone.
func starterGone(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	unconnected := t.socket("unconnected")
	ln := t.foreignListener(loopback4)
	var recv, pooled, accept, connect iocp.Op
	t.onDyingThread(func() error {
		return errors.Join(
			t.starts(&recv, func(op *iocp.Op) error { return s.Recv(op, make([]byte, 3)) }),
			t.starts(&pooled, s.RecvPooled),
			t.starts(&accept, l.Accept),
			t.starts(&connect, func(op *iocp.Op) error { return unconnected.Connect(op, addrOf(ln.Addr())) }))
	})
	t.expect(packet{op: &connect, key: "unconnected"})
	t.quiet()
	peer.write([]byte("abc"))
	t.expect(packet{op: &recv, key: "socket", n: 3})
	peer.write([]byte("de"))
	t.expect(packet{op: &pooled, key: "socket", n: 2}).Buf.Release()
	client := t.dial(l.Addr())
	t.isFrom(t.expect(packet{op: &accept, key: "listener"}), client)
}

// senderGone has a thread be gone before its send is over.
func senderGone(t *trial) {
	s, peer := t.pair("socket")
	t.must(peer.SetReadBuffer(64 << 10))
	var op iocp.Op
	data := t.stuck()
	t.onDyingThread(func() error {
		return t.starts(&op, func(op *iocp.Op) error { return s.Send(op, data) })
	})
	t.quiet()
	reading := peer.reading(data)
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	reading.must()
}

// goneCancelled cancels, and closes under, operations of a thread that is gone.
func goneCancelled(t *trial) {
	s, _ := t.pair("socket")
	var first, second iocp.Op
	t.onDyingThread(func() error {
		recv := func(op *iocp.Op) error { return s.Recv(op, make([]byte, 8)) }
		return errors.Join(t.starts(&first, recv), t.starts(&second, recv))
	})
	t.must(s.Cancel(&first))
	t.expect(packet{op: &first, key: "socket", err: iocp.ErrAborted})
	t.must(s.Close())
	t.expect(packet{op: &second, key: "socket", err: net.ErrClosed})
}

// waiterGone has a worker look for packets, and so hand to the kernel what was
// started before, on a thread that ends then.
func waiterGone(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	t.rest()
	var recv, accept iocp.Op
	t.recv(s, &recv, make([]byte, 8))
	t.accept(l, &accept)
	t.onDyingThread(func() error {
		w := t.port.Worker()
		defer w.Close()
		_, err := t.wait(w, make([]iocp.Completion, 1), 0)
		return unless(err, os.ErrDeadlineExceeded)
	})
	peer.write([]byte("abc"))
	t.expect(packet{op: &recv, key: "socket", n: 3})
	client := t.dial(l.Addr())
	t.isFrom(t.expect(packet{op: &accept, key: "listener"}), client)
}
