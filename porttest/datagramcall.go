package porttest

import "iocp"

// What a call on a datagram socket settles at once: C49, C98.

// truncatedAtOnce starts receives for datagrams that are there already and too
// large, so that the call itself could say so. There is a packet all the same.
func truncatedAtOnce(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var ops [3]iocp.Op
	var bufs [len(ops)][4]byte
	for range ops {
		peer.send(d.Addr(), "abcdefgh")
	}
	for i := range ops {
		t.recvFrom(d, &ops[i], bufs[i][:])
	}
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket", n: 4, err: iocp.ErrMessageSize})
		t.must(compare(bufs[i][:], []byte("abcd")))
	}
	t.quiet()
}

// datagramConnect connects a datagram socket, which is no operation either.
func datagramConnect(t *trial) {
	d := t.datagram("socket", loopback4)
	before := t.port.Stats().Submitted
	t.must(d.Connect(t.mailbox(loopback4).addr()))
	if after := t.port.Stats().Submitted; after != before {
		t.Errorf("connecting started %d operations", after-before)
	}
	t.quiet()
}
