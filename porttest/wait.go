package porttest

import (
	"context"
	"errors"
	"os"
	"time"

	"iocp"
)

// Dequeuing packets: C28 to C39, and of the scheduling rules C24 and C25.

func waitSuccess(t *trial) {
	s, peer := t.pair("key")
	var op iocp.Op
	op.Owner = s
	buf := make([]byte, 8)
	t.recv(s, &op, buf)
	peer.write([]byte("abc"))
	c := t.expect(packet{op: &op, key: "key", n: 3})
	t.must(compare(buf[:c.N], []byte("abc")))
	if c.Op.Owner != s || op.Pending() {
		t.Errorf("after its completion the Op has owner %v, pending %v", c.Op.Owner, op.Pending())
	}
}

func waitFailed(t *trial) {
	s, _ := t.pair("key")
	var op iocp.Op
	t.recv(s, &op, make([]byte, 1))
	t.must(s.Cancel(&op))
	c := t.expect(packet{op: &op, key: "key", err: iocp.ErrAborted})
	var opErr *iocp.OpError
	if !errors.As(c.Err, &opErr) || opErr.Op != "recv" || opErr.Addr != s.RemoteAddr() {
		t.Errorf("the completion's error is %#v, want an OpError of a recv from %v", c.Err, s.RemoteAddr())
	}
}

func nothingDequeued(t *trial) {
	var op iocp.Op
	before := iocp.Completion{Key: "untouched", Op: &op, N: 7, Err: iocp.ErrBusy}
	dst := []iocp.Completion{before, before}
	for _, timeout := range []time.Duration{0, time.Millisecond} {
		n, err := t.serve(dst, timeout)
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || dst[0] != before || dst[1] != before {
			t.Errorf("nothing to dequeue in %v: %d packets, error %v, dst %+v", timeout, n, err, dst)
		}
	}
}

func timeouts(t *trial) {
	t.empty()
	const timeout = 20 * time.Millisecond
	var dst [1]iocp.Completion
	start := time.Now()
	n, err := t.serve(dst[:], timeout)
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the timeout: %d packets, error %v", n, err)
	}
	if took := time.Since(start); took < timeout {
		t.Errorf("a timeout of %v passed within %v", timeout, took)
	}
	// A timeout is no fault of the worker: it can go on.
	t.post(nil, 1, nil)
	t.expect(packet{n: 1})
}

// zeroLooks never waits, and still finds what a peer's data completes: looking
// is looking into the kernel.
func zeroLooks(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	t.empty()
	peer.write([]byte("abc"))
	var dst [1]iocp.Completion
	t.await("a look that finds the packet", func() bool {
		n, _ := t.serve(dst[:], 0)
		return n == 1
	})
	t.check(dst[0], packet{op: &op, key: "socket", n: 3})
}

// infinite shows that an infinite wait outlasts a finite one, both where the
// kernel waits and where a worker is parked behind it.
func infinite(t *trial) {
	first, second := t.waiter(1), t.waiter(1)
	var dst [1]iocp.Completion
	_, err := t.serve(dst[:], 50*time.Millisecond)
	t.refused(err, os.ErrDeadlineExceeded)
	if got := t.waiting(); got != 2 {
		t.Fatalf("%d of 2 workers still wait with no time limit", got)
	}
	t.post(nil, 1, nil)
	second.gets(1)
	t.post(nil, 2, nil)
	first.gets(2)
}

// contexts ends waits by their contexts: one where the worker is parked behind
// another, and one in the kernel, where a third has to take over.
func contexts(t *trial) {
	s, peer := t.pair("socket")
	var recv iocp.Op
	t.recv(s, &recv, make([]byte, 8))
	t.rest()
	inFirst, cancelFirst := context.WithCancel(context.Background())
	inSecond, cancelSecond := context.WithCancel(context.Background())
	defer cancelFirst()
	first := t.waiterAs(t.port.WorkerContext(inFirst), 1)
	second := t.waiterAs(t.port.WorkerContext(inSecond), 1)
	cancelSecond()
	second.getsError(context.Canceled)
	third := t.waiter(1)
	cancelFirst()
	first.getsError(context.Canceled)
	peer.write([]byte("abc"))
	third.gets(3)
}

func batch(t *trial) {
	for n := range 5 {
		t.post(nil, n, nil)
	}
	dst := make([]iocp.Completion, 3)
	for _, want := range [][]int{{0, 1, 2}, {3, 4}} {
		n, err := t.serve(dst, t.left())
		if err != nil || n != len(want) {
			t.Fatalf("got %d packets and error %v, want %d", n, err, len(want))
		}
		for i, c := range dst[:n] {
			t.check(c, packet{n: want[i]})
		}
	}
}

// batchMixed has a failed operation between packets that are none.
func batchMixed(t *trial) {
	s, _ := t.pair("socket")
	var recv iocp.Op
	t.post(nil, 1, nil)
	t.recv(s, &recv, make([]byte, 1))
	t.must(s.Cancel(&recv))
	t.post(nil, 2, nil)
	numbers, failed := []int{}, 0
	dst := make([]iocp.Completion, 3)
	for len(numbers)+failed < 3 {
		n, err := t.serve(dst, t.left())
		t.must(err)
		for _, c := range dst[:n] {
			if c.Op == &recv {
				t.check(c, packet{op: &recv, key: "socket", err: iocp.ErrAborted})
				failed++
				continue
			}
			t.check(c, packet{n: len(numbers) + 1})
			numbers = append(numbers, c.N)
		}
	}
}

func noRoom(t *trial) {
	t.post(nil, 1, nil)
	for _, dst := range [][]iocp.Completion{nil, {}} {
		n, err := t.serve(dst, 0)
		if n != 0 {
			t.Errorf("got %d packets without room for any", n)
		}
		t.refused(err, iocp.ErrInvalid)
	}
	t.expect(packet{n: 1})
}

func noCount(t *trial) {
	dst := make([]iocp.Completion, 2)
	for _, port := range []string{"open", "closed"} {
		if n, err := t.serve(dst, 0); n != 0 || err == nil {
			t.Errorf("Wait on an empty %s port: %d packets, error %v", port, n, err)
		}
		t.close()
	}
}

// beyondCap has two workers more than may run: those wait while packets are
// queued, and take over as soon as a running one is done.
func beyondCap(t *trial) {
	for range 2 {
		t.waiter(1)
	}
	third, fourth := t.waiter(1), t.waiter(1)
	for n := 1; n <= 4; n++ {
		t.post(nil, n, nil)
	}
	fourth.gets(1)
	third.gets(2)
	if st := t.port.Stats(); st.Running != 2 || st.Waiting != 2 || st.Queued != 2 {
		t.Fatalf("with two workers busy of two allowed: %+v", st)
	}
	third.waitAgain()
	third.gets(3)
	fourth.waitAgain()
	fourth.gets(4)
}

func batchOneSlot(t *trial) {
	w := t.waiter(8)
	if got := t.waiting(); got != 1 {
		t.Fatalf("%d workers wait, want 1", got)
	}
	for n := range 4 {
		t.post(nil, n, nil)
	}
	first := w.outcome()
	t.must(first.err)
	for got := len(first.packets); got < 4; {
		w.waitAgain()
		o := w.outcome()
		t.must(o.err)
		got += len(o.packets)
	}
	if got := t.port.Stats().Running; got != 1 {
		t.Errorf("%d slots are taken by one worker's batch", got)
	}
}
