package porttest

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"iocp"
)

// Who may run: the concurrency value, blocking, and silent handlers. C16 to
// C23, C26.

func capDefault(t *trial) {
	if got, want := t.port.Stats().Concurrency, runtime.GOMAXPROCS(0); got != want {
		t.Errorf("the concurrency value is %d by default, want GOMAXPROCS, %d", got, want)
	}
}

// capHolds has six workers on a port that allows fewer: as many do run at a
// time, for their handlers wait for each other, and never one more.
func capHolds(t *trial) {
	const packets = 300
	allowed := t.config.Concurrency
	var mu sync.Mutex
	running, most, handled := 0, 0, 0
	met, done := make(chan struct{}), make(chan struct{})
	handle := func() {
		mu.Lock()
		running++
		most = max(most, running)
		if handled++; handled == allowed {
			close(met)
		} else if handled == packets {
			close(done)
		}
		mu.Unlock()
		<-met
		mu.Lock()
		running--
		mu.Unlock()
	}
	for range 6 {
		t.handler(handle)
	}
	for n := range packets {
		t.post(nil, n, nil)
	}
	t.arrives("the last packet handled", done)
	if most != allowed {
		t.Errorf("up to %d workers ran at a time, of %d allowed", most, allowed)
	}
}

// noHandOver has a worker that waits again take the next packet itself.
func noHandOver(t *trial) {
	other, worker := t.waiter(1), t.waiter(1)
	const packets = 1000
	for n := range packets {
		t.post(nil, n, nil)
	}
	for n := range packets {
		worker.gets(n)
		worker.waitAgain()
	}
	t.await("both waiting", func() bool { return t.waiting() == 2 })
	t.post(nil, packets, nil)
	worker.gets(packets)
	t.post(nil, packets+1, nil)
	worker.waitAgain()
	worker.gets(packets + 1)
	other.idle()
}

// atTheCap asks for packets that are queued while nobody more may run.
func atTheCap(t *trial) {
	w := t.waiter(1)
	t.post(nil, 1, nil)
	w.gets(1)
	t.post(nil, 2, nil)
	var dst [1]iocp.Completion
	if n, err := t.serve(dst[:], 0); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("beyond the cap: %d packets, error %v", n, err)
	}
	w.waitAgain()
	w.gets(2)
}

// blockingPasses has the only worker allowed block: the next gets the oldest
// packet meanwhile. Back again it is one too many, and so nobody is released
// until both are done.
func blockingPasses(t *trial) {
	second, first := t.waiter(1), t.waiter(1)
	t.post(nil, 1, nil)
	first.gets(1)
	t.post(nil, 2, nil)
	goOn := first.blocks()
	second.gets(2)
	goOn()
	if got := t.port.Stats().Running; got != 2 {
		t.Fatalf("%d workers run after the blocked one went on, want 2", got)
	}
	t.post(nil, 3, nil)
	first.waitAgain()
	t.await("the first waiting", func() bool { return t.waiting() == 1 })
	first.idle()
	second.waitAgain()
	second.gets(3)
}

// blockingExits has a function that blocks end the goroutine, as t.FailNow does:
// the worker can be closed, and its slot is free.
func blockingExits(t *trial) {
	second, first := t.waiter(1), t.waiter(1)
	t.post(nil, 1, nil)
	first.gets(1)
	first.tasks <- func(w *iocp.Worker) { w.Blocking(runtime.Goexit) }
	t.arrives("the end of a worker's goroutine", first.gone)
	if got := t.port.Stats().Running; got != 0 {
		t.Errorf("%d workers run after the only one has gone, want none", got)
	}
	t.post(nil, 2, nil)
	second.gets(2)
}

// backAgain has a worker come back from blocking to a port that has given its
// slot away: two run of one allowed. When both are done, one runs again.
func backAgain(t *trial) {
	second, first := t.waiter(1), t.waiter(1)
	t.post(nil, 1, nil)
	first.gets(1)
	goOn := first.blocks()
	t.post(nil, 2, nil)
	second.gets(2)
	goOn()
	first.waitAgain()
	second.waitAgain()
	t.await("both waiting", func() bool { return t.waiting() == 2 })
	t.post(nil, 3, nil)
	t.post(nil, 4, nil)
	var o outcome
	select {
	case o = <-first.got:
	case o = <-second.got:
		first, second = second, first
	case <-time.After(t.left()):
		t.giveUp("one of them running again")
	}
	if o.err != nil || len(o.packets) != 1 || o.packets[0].N != 3 {
		t.Fatalf("worker got %+v, want the packet numbered 3", o)
	}
	if st := t.port.Stats(); st.Running != 1 || st.Queued != 1 || st.Waiting != 1 {
		t.Errorf("with one worker running, of one allowed again: %+v", st)
	}
	second.idle()
	first.waitAgain()
	first.gets(4)
}

// blockingPolls has the only worker that was awake block: another must find
// what the kernel completes.
func blockingPolls(t *trial) {
	s, peer := t.pair("socket")
	t.rest()
	second, first := t.waiter(1), t.waiter(1)
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	t.post(nil, 1, nil)
	first.gets(1)
	goOn := first.blocks()
	peer.write([]byte("abc"))
	second.gets(3)
	goOn()
}

// silentBelowCap has a handler that blocks without saying so.
func silentBelowCap(t *trial) {
	s, peer := t.pair("socket")
	t.rest()
	second, first := t.waiter(1), t.waiter(1)
	var op iocp.Op
	t.recv(s, &op, make([]byte, 8))
	t.post(nil, 1, nil)
	first.gets(1)
	peer.write([]byte("abc"))
	second.gets(3)
}

// silentAtCap has handlers silent for longer than StallAfter on a port that
// allows one: one more runs for it, and no third.
func silentAtCap(t *trial) {
	third, second, first := t.waiter(1), t.waiter(1), t.waiter(1)
	t.post(nil, 1, nil)
	first.gets(1)
	t.post(nil, 2, nil)
	second.gets(2)
	if st := t.port.Stats(); st.Excess != 1 || st.Running != 2 {
		t.Errorf("with one worker too many: %+v", st)
	}
	t.post(nil, 3, nil)
	first.waitAgain()
	first.gets(3)
	third.idle()
}

// ownPort has a worker busy on one port: that takes no slot of another, and its
// slot is free as soon as it is closed.
func ownPort(t *trial) {
	other := t.newFixture(t.config)
	w := t.port.Worker()
	defer w.Close()
	if w.Port() != t.port {
		t.Error("the worker says that it belongs to another port")
	}
	t.post(nil, 1, nil)
	var dst [1]iocp.Completion
	_, err := t.wait(w, dst[:], t.left())
	t.must(err)
	t.check(dst[0], packet{n: 1})
	other.post(nil, 2, nil)
	other.expect(packet{n: 2})

	next := t.waiter(1)
	t.post(nil, 3, nil)
	next.idle()
	if st := t.port.Stats(); st.Running != 1 || st.Queued != 1 {
		t.Errorf("with the one worker allowed busy: %+v", st)
	}
	w.Close()
	next.gets(3)
	other.empty()
}

// handledInAnyOrder has the data of one socket handled by two workers: the
// later packet, and one behind it, may be done with while the first isn't.
func handledInAnyOrder(t *trial) {
	s, peer := t.pair("socket")
	t.rest()
	second, first := t.waiter(1), t.waiter(1)
	var ops [2]iocp.Op
	t.recv(s, &ops[0], make([]byte, 1))
	peer.write([]byte("a"))
	first.gets(1)
	t.recv(s, &ops[1], make([]byte, 2))
	peer.write([]byte("bc"))
	second.gets(2)
	t.post(nil, 3, nil)
	second.waitAgain()
	second.gets(3)
	first.waitAgain()
}

// timedOutFree has a worker whose Wait found nothing keep no slot.
func timedOutFree(t *trial) {
	var dst [1]iocp.Completion
	_, err := t.serve(dst[:], 0)
	t.refused(err, os.ErrDeadlineExceeded)
	w := t.waiter(1)
	t.post(nil, 1, nil)
	w.gets(1)
}
