package porttest

import (
	"errors"
	"net"

	"iocp"
)

// Pipes: C132. Both ends are the backend's: what one does shows at the other.

// pipe makes a pipe whose ends are associated under the keys "r" and "w".
func (d *fixture) pipe() (*iocp.PipeReader, *iocp.PipeWriter) {
	d.t.Helper()
	r, w, err := d.port.Pipe()
	if errors.Is(err, iocp.ErrNotSupported) {
		d.t.Skipf("capability: %v", err)
	}
	d.t.must(err)
	d.t.own(r)
	d.t.own(w)
	d.t.must(d.port.Associate(r, "r"))
	d.t.must(d.port.Associate(w, "w"))
	return r, w
}

func (t *trial) pipeRecv(r *iocp.PipeReader, op *iocp.Op, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return r.Recv(op, bufs...) })
}

func (t *trial) pipeSend(w *iocp.PipeWriter, op *iocp.Op, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return w.Send(op, bufs...) })
}

// pipeOrder has receives pending before anything is sent: they are filled in
// order.
func pipeOrder(t *trial) {
	r, w := t.pipe()
	var recvs [4]iocp.Op
	var bufs [4][8]byte
	for i := range recvs {
		t.pipeRecv(r, &recvs[i], bufs[i][:])
	}
	t.quiet()
	for i := range recvs {
		var send iocp.Op
		msg := []byte{'m', byte(i)}
		t.pipeSend(w, &send, msg)
		got := map[*iocp.Op]iocp.Completion{}
		for range 2 {
			c := t.next()
			got[c.Op] = c
		}
		t.check(got[&send], packet{op: &send, key: "w", n: 2})
		t.check(got[&recvs[i]], packet{op: &recvs[i], key: "r", n: 2})
		t.must(compare(bufs[i][:2], msg))
	}
	t.quiet()
}

// pipefull is more than a pipe holds.
func (t *trial) pipefull() []byte { return pattern(t.volume(1<<20+3, 128<<10+3)) }

// pipeWhole sends more than a pipe holds, and receives it piece by piece.
func pipeWhole(t *trial) {
	r, w := t.pipe()
	var send, recv iocp.Op
	data := t.pipefull()
	t.pipeSend(w, &send, data[:100], data[100:])
	got := make([]byte, 0, len(data))
	t.pipeRecv(r, &recv, got[:cap(got)])
	for sent := false; !sent || len(got) < len(data); {
		c := t.next()
		if c.Op == &send {
			t.check(c, packet{op: &send, key: "w", n: len(data)})
			sent = true
			continue
		}
		t.check(c, packet{op: &recv, key: "r", n: c.N})
		got = got[:len(got)+c.N]
		if len(got) < len(data) {
			t.pipeRecv(r, &recv, got[len(got):cap(got)])
		}
	}
	t.must(compare(got, data))
}

// pipeEnds closes the writing end: what was sent is received, then the end, as
// often as anybody asks.
func pipeEnds(t *trial) {
	r, w := t.pipe()
	var op, pending iocp.Op
	t.pipeSend(w, &op, []byte("last"))
	t.expect(packet{op: &op, key: "w", n: 4})
	t.must(w.Close())
	buf := make([]byte, 8)
	t.pipeRecv(r, &op, buf)
	t.expect(packet{op: &op, key: "r", n: 4})
	t.must(compare(buf[:4], []byte("last")))
	for range 3 {
		t.pipeRecv(r, &op, buf)
		t.expect(packet{op: &op, key: "r"})
	}

	r, w = t.pipe()
	t.pipeRecv(r, &pending, buf)
	t.quiet()
	t.must(w.Close())
	t.expect(packet{op: &pending, key: "r"})
}

// pipeBroken closes the reading end under a send, and before one.
func pipeBroken(t *trial) {
	r, w := t.pipe()
	var op iocp.Op
	data := t.pipefull()
	t.pipeSend(w, &op, data)
	t.quiet()
	t.must(r.Close())
	c := t.next()
	t.check(c, packet{op: &op, key: "w", n: c.N, err: iocp.ErrBrokenPipe})
	if c.N >= len(data) {
		t.Errorf("%d bytes of %d went into a pipe that nobody reads", c.N, len(data))
	}
	t.pipeIsBroken(w)

	r, w = t.pipe()
	t.must(r.Close())
	t.pipeIsBroken(w)
	t.pipeIsBroken(w)
}

// pipeIsBroken checks that a send fails, now or when it is over.
func (t *trial) pipeIsBroken(w *iocp.PipeWriter) {
	t.Helper()
	var op iocp.Op
	if err := t.attempt(&op, func() error { return w.Send(&op, []byte("x")) }); err != nil {
		t.refused(err, iocp.ErrBrokenPipe)
		return
	}
	t.expect(packet{op: &op, key: "w", err: iocp.ErrBrokenPipe})
}

// pipeCancel cancels what waits on either end.
func pipeCancel(t *trial) {
	r, w := t.pipe()
	var recv, send iocp.Op
	buf := make([]byte, 8)
	t.refused(r.CancelAll(), iocp.ErrNotFound)
	t.pipeRecv(r, &recv, buf)
	t.must(r.Cancel(&recv))
	t.expect(packet{op: &recv, key: "r", err: iocp.ErrAborted})
	t.pipeSend(w, &send, []byte("abc"))
	t.expect(packet{op: &send, key: "w", n: 3})
	t.pipeRecv(r, &recv, buf)
	t.expect(packet{op: &recv, key: "r", n: 3})

	t.pipeSend(w, &send, t.pipefull())
	t.quiet()
	t.must(w.CancelAll())
	c := t.next()
	t.check(c, packet{op: &send, key: "w", n: c.N, err: iocp.ErrAborted})
}

// pipeClose closes an end under its own operations.
func pipeClose(t *trial) {
	r, _ := t.pipe()
	var ops [3]iocp.Op
	for i := range ops {
		t.pipeRecv(r, &ops[i], make([]byte, 8))
	}
	t.must(r.Close())
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "r", err: net.ErrClosed})
	}
	t.refused(r.Recv(&ops[0], make([]byte, 8)), net.ErrClosed)
	t.refused(r.Close(), net.ErrClosed)

	_, w := t.pipe()
	t.pipeSend(w, &ops[0], t.pipefull())
	t.quiet()
	t.must(w.Close())
	c := t.next()
	t.check(c, packet{op: &ops[0], key: "w", n: c.N, err: net.ErrClosed})
	t.refused(w.Send(&ops[0], make([]byte, 8)), net.ErrClosed)
}

// pipeNothing receives into no room, which waits for something and leaves it.
func pipeNothing(t *trial) {
	r, w := t.pipe()
	var recv, send iocp.Op
	t.pipeRecv(r, &recv, nil)
	t.quiet()
	t.pipeSend(w, &send, nil)
	t.expect(packet{op: &send, key: "w"})
	t.quiet()
	t.pipeSend(w, &send, []byte("abc"))
	for range 2 {
		if c := t.next(); c.Op == &recv {
			t.check(c, packet{op: &recv, key: "r"})
		} else {
			t.check(c, packet{op: &send, key: "w", n: 3})
		}
	}
	buf := make([]byte, 8)
	t.must(w.Close())
	var got []byte
	for {
		t.pipeRecv(r, &recv, buf)
		c := t.next()
		t.check(c, packet{op: &recv, key: "r", n: c.N})
		if c.N == 0 {
			break
		}
		got = append(got, buf[:c.N]...)
	}
	t.must(compare(got, []byte("abc")))
}
