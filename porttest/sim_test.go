package porttest

import (
	"testing"

	"iocp"
)

// TestSimRefuses has a simulated network refuse an operation: it is idle again
// at once, has no packet, and serves for another; and what the operation was
// for is still there.
func TestSimRefuses(t *testing.T) {
	h := named("sim:1:no-recvfrom:full/refuses")
	h.virtual = true
	clause{number: 1, word: "refuses", run: func(t *trial) {
		d := t.datagram("socket", loopback4)
		var op iocp.Op
		for range 3 {
			err := t.attempt(&op, func() error { return d.RecvFrom(&op, make([]byte, 8)) })
			t.refused(err, iocp.ErrNotSupported)
		}
		t.sendTo(d, &op, d.Addr(), []byte("hello"))
		t.expect(packet{op: &op, key: "socket", n: 5})

		s, peer := t.pair("stream")
		var ops [5]iocp.Op
		last := len(ops) - 1
		for i := range ops[:last] {
			t.recv(s, &ops[i], make([]byte, 1))
		}
		recv := func() error { return s.Recv(&ops[last], make([]byte, 1)) }
		t.refused(t.attempt(&ops[last], recv), iocp.ErrLimit)
		peer.write([]byte("abcde"))
		t.expect(packet{op: &ops[0], key: "stream", n: 1})
		t.begin(&ops[last], recv)
		for i := range ops[1:] {
			t.expect(packet{op: &ops[1+i], key: "stream", n: 1})
		}
		t.quiet()
	}}.try(t, h)
}
