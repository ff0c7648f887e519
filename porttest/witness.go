package porttest

import "iocp"

// A witness is a connection used to show that nothing else happens.
type witness struct {
	s    *iocp.Socket
	peer *peer
	op   iocp.Op
	buf  [1]byte
}

type witnessKey struct{}

// quiet checks that the port has no packet to hand out, without waiting for
// one not to come: packets are dequeued in the order in which they are queued,
// so one that was due would come before a posted packet, and before the data
// that a peer sends after all that went before.
func (t *trial) quiet() {
	t.Helper()
	if t.witness == nil {
		t.witness = &witness{}
		t.witness.s, t.witness.peer = t.pair(witnessKey{})
	}
	t.empty()
	w := t.witness
	t.recv(w.s, &w.op, w.buf[:])
	w.peer.write([]byte{1})
	t.expect(packet{op: &w.op, key: witnessKey{}, n: 1})
	var marker iocp.Op
	t.post(&marker, 0, witnessKey{})
	t.expect(packet{op: &marker, key: witnessKey{}})
}
