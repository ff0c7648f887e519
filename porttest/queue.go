package porttest

import (
	"math"

	"iocp"
)

// The queue of packets, and posting to it: C13 to C15, C42 to C44.

func fifo(t *trial) {
	const packets = 1000
	ops := make([]iocp.Op, packets)
	for i := range ops {
		t.post(&ops[i], i, "post")
	}
	if got := t.port.Stats().Queued; got != packets {
		t.Errorf("Stats say that %d packets are queued, want %d", got, packets)
	}
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "post", n: i})
	}
	t.quiet()
}

func lifoWaiters(t *trial) {
	earlier := t.waiter(1)
	later := t.waiter(1)
	for n := 3; n <= 5; n++ {
		t.post(nil, n, nil)
	}
	later.gets(3)
	earlier.gets(4)
	t.expect(packet{n: 5})
}

// wakesOne posts one packet at a time to four waiters.
func wakesOne(t *trial) {
	waiters := make([]*waiter, 4)
	for i := range waiters {
		waiters[i] = t.waiter(4)
	}
	for i := len(waiters) - 1; i >= 0; i-- {
		t.post(nil, i, nil)
		waiters[i].gets(i)
		if got := t.waiting(); got != i {
			t.Fatalf("%d workers wait after %d of %d were woken", got, len(waiters)-i, len(waiters))
		}
	}
}

// returnedOnce has four workers compete for packets.
func returnedOnce(t *trial) {
	const workers, packets, last = 4, 2000, -1
	seen := make([]*future[[]int], workers)
	for i := range seen {
		worker := t.port.Worker()
		seen[i] = background(t, "a worker", func() ([]int, error) { return t.takeUntil(worker, last) })
	}
	for n := range packets {
		t.post(nil, n, nil)
	}
	for range workers {
		t.post(nil, last, nil)
	}
	times := make([]int, packets)
	for _, f := range seen {
		for _, n := range f.must() {
			times[n]++
		}
	}
	for n, got := range times {
		if got != 1 {
			t.Errorf("packet %d was returned %d times", n, got)
		}
	}
}

// takeUntil takes packets, one at a time, until one with the number last, and
// gives the others' numbers. Any goroutine.
func (t *trial) takeUntil(w *iocp.Worker, last int) (taken []int, err error) {
	defer w.Close()
	var dst [1]iocp.Completion
	for {
		if _, err := t.wait(w, dst[:], t.left()); err != nil {
			return taken, err
		}
		if dst[0].N == last {
			return taken, nil
		}
		taken = append(taken, dst[0].N)
	}
}

func postVerbatim(t *trial) {
	op := iocp.Op{Owner: t}
	for _, n := range []int{0, 1, -1, math.MaxInt, math.MinInt} {
		for _, key := range []any{nil, "key", &op} {
			t.post(&op, n, key)
			c := t.expect(packet{op: &op, key: key, n: n})
			if c.Op.Owner != t || c.Socket != nil || c.Buf.Bytes() != nil {
				t.Errorf("a posted packet came with something added: %+v", c)
			}
		}
	}
}

// postUnbounded posts more than any queue of fixed size would hold, with
// nobody waiting.
func postUnbounded(t *trial) {
	packets := t.volume(100_000, 2000)
	for n := range packets {
		t.post(nil, n, nil)
	}
	dst := make([]iocp.Completion, 512)
	for next := 0; next < packets; {
		n, err := t.serve(dst, t.left())
		t.must(err)
		for _, c := range dst[:n] {
			t.check(c, packet{n: next})
			next++
		}
	}
}

// completionsUnbounded has many operations complete with nobody waiting.
func completionsUnbounded(t *trial) {
	packets := t.volume(3000, 500)
	s, peer := t.pair("socket")
	ops, bufs := make([]iocp.Op, packets), make([]byte, packets)
	for i := range ops {
		t.recv(s, &ops[i], bufs[i:i+1])
	}
	data := pattern(packets)
	writing := background(t, "the peer sending", func() (int, error) { return peer.Write(data) })
	writing.must()
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket", n: 1})
	}
	t.must(compare(bufs, data))
}

// oneQueue posts a packet before an operation can complete.
func oneQueue(t *trial) {
	s, peer := t.pair("socket")
	var posted, recv iocp.Op
	t.recv(s, &recv, make([]byte, 1))
	t.post(&posted, 0, "post")
	peer.write([]byte{1})
	t.expect(packet{op: &posted, key: "post"})
	t.expect(packet{op: &recv, key: "socket", n: 1})
}

// posterOrder has several goroutines post at a time.
func posterOrder(t *trial) {
	const posters, packets = 4, 1000
	var posts []*future[struct{}]
	for key := range posters {
		posts = append(posts, background(t, "posting", func() (struct{}, error) {
			for n := range packets {
				if err := t.attempt(nil, func() error { return t.port.Post(nil, n, key) }); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		}))
	}
	var next [posters]int
	for range posters * packets {
		c := t.next()
		key := c.Key.(int)
		t.check(c, packet{key: key, n: next[key]})
		next[key]++
	}
	for _, f := range posts {
		f.must()
	}
}
