package porttest

import "iocp"

// A receiver keeps a number of receives pending on a socket and puts together,
// in the order in which they were started, what they bring.
type receiver struct {
	t    *trial
	s    *iocp.Socket
	ops  []iocp.Op
	bufs [][]byte
	head int // the oldest pending
	n    int // pending
}

// receiver makes one for count receives of size bytes each.
func (t *trial) receiver(s *iocp.Socket, size, count int) *receiver {
	in := &receiver{t: t, s: s, ops: make([]iocp.Op, count), bufs: make([][]byte, count)}
	for i := range in.bufs {
		in.bufs[i] = make([]byte, size)
	}
	return in
}

// start makes all receives pending that aren't.
func (in *receiver) start() {
	in.t.Helper()
	for ; in.n < len(in.ops); in.n++ {
		i := (in.head + in.n) % len(in.ops)
		in.t.recv(in.s, &in.ops[i], in.bufs[i])
	}
}

// takes dequeues completions until there are as many bytes as in want, and
// checks that they are those. Receives are started again when all have
// completed, for data that came in smaller pieces than expected.
func (in *receiver) takes(want []byte) {
	in.t.Helper()
	got := []byte{}
	for len(got) < len(want) {
		if in.n == 0 {
			in.start()
		}
		c := in.t.next()
		if c.Op != &in.ops[in.head] || c.Err != nil || c.N == 0 {
			in.t.Fatalf("got completion %+v, want some bytes in receive %d of %d pending", c, in.head, in.n)
		}
		got = append(got, in.bufs[in.head][:c.N]...)
		in.head = (in.head + 1) % len(in.ops)
		in.n--
	}
	in.t.must(compare(got, want))
}
