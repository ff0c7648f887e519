//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
)

// mainNumber is the seat of who holds the main set.
func (b *bench) mainNumber() int { return b.port.owners.main.Load().index + 1 }

func TestNewStreamsAreDealtOut(t *testing.T) {
	b := newBench(t, Calls{})
	first := b.join(1)[0]
	if first.number() != b.mainNumber() {
		t.Fatal("the only one doesn't hold the main set")
	}
	b.lines(4)
	b.expectHeld(first, 4)
	second := b.join(1)[0]
	if second.number() == first.number() {
		t.Fatal("two hold one set")
	}
	b.lines(6)
	b.expectHeld(first, 7)
	b.expectHeld(second, 3)
}

func TestWhoComesBackHasHisOwnAgain(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"waits": time.Nanosecond, "looks": 0} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Calls{})
			pollers := b.join(4)
			before := []int{pollers[1].number(), pollers[2].number()}
			for _, po := range pollers[1:3] {
				po.Leave()
			}
			for _, i := range []int{1, 0} {
				po := pollers[1+i]
				b.must(po.Poll(timeout))
				if po.number() != before[i] {
					t.Fatalf("seat %d, was %d", po.number(), before[i])
				}
			}
		})
	}
}

func TestWhatWasTakenBackIsHisAlone(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	his := onSetsBut(pollers[0], b.lines(4, pollers...))
	pollers[1].Leave()
	b.look(pollers[0])
	b.look(pollers[1])
	b.speak(his...)
	b.look(pollers[0])
	b.look(pollers[1])
	b.expectHeard(pollers[1], his)
}

// Of those who poll only the main set's owner looks into what nobody holds; but
// what is held back there is carried out by anybody.
func TestOneLooksAfterWhatNobodyHolds(t *testing.T) {
	b := newBench(t, batching{})
	pollers := b.join(3)
	nobodys := onSetsBut(pollers[0], onSetsBut(pollers[2], b.lines(9, pollers...)))
	pollers[1].Leave()
	b.speak(nobodys...)
	b.look(pollers[2])
	if b.heardBy(pollers[2], nobodys) != 0 {
		t.Fatal("another than the main set's owner has heard what nobody holds")
	}
	b.look(pollers[0])
	b.expectHeard(pollers[0], nobodys)
	b.backlog.Store(true)
	op := b.send(nobodys[0])
	b.look(pollers[2])
	b.expectSent(op, pollers[2])
}

func TestMereLook(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(3)
	ls := b.lines(9, pollers...)
	pollers[2].Leave()
	b.speak(ls...)
	passer := b.newPoller()
	b.look(passer)
	if passer.number() != 0 {
		t.Fatal("who only looks holds a set")
	}
	if held := b.heardBy(passer, onSetsBut(pollers[1], ls)); held != 6 {
		t.Fatalf("%d lines of the main set and of nobody's heard, want 6", held)
	}
	if n := b.heardBy(passer, ls); n != 6 {
		t.Fatalf("%d lines heard, want 6: the rest are somebody's", n)
	}
}

// Without descriptors for a set of his own a worker shares the main one.
func TestNoDescriptorForASet(t *testing.T) {
	b := newBench(t, Calls{})
	first := b.join(1)[0]
	ls := b.lines(2, first)
	second := b.newPoller()
	b.withoutDescriptors(func() {
		b.speak(ls...)
		b.poll(second)
	})
	if second.number() != 0 {
		t.Fatal("there is a second set")
	}
	b.expectHeard(second, ls)
	if b.poll(second); second.number() == 0 {
		t.Fatal("no second set, although there are descriptors again")
	}
}

// withoutDescriptors calls f while the process can't have any more.
func (b *bench) withoutDescriptors(f func()) {
	var limit unix.Rlimit
	b.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	defer func() { b.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }()
	b.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max}))
	f()
}

// A port that is closed while a stream is attached refuses it, after the kernel
// may have told of it already.
func TestEventOfStreamThatWasRefused(t *testing.T) {
	b := newBench(t, Calls{})
	l := b.unattached()
	var transfers []Transfer
	l.ready(nil, eventset.Readable|eventset.Writable, &transfers, nil)
	if len(transfers) > 0 {
		t.Fatalf("%d transfers for a stream without a port", len(transfers))
	}
}

// TestAcceptOnASetThatNobodyHolds: whoever hears of a connection there, and accepts it,
// has something to hand on, and mustn't wait in the kernel with it.
func TestAcceptOnASetThatNobodyHolds(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	var ln *listener
	for ln == nil || ln.set != pollers[1].owned.Load() { // they are dealt out
		l, err := b.port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), driver.ListenOptions{})
		b.must(err)
		b.must(l.Attach(b.port))
		ln = l.(*listener)
	}
	pollers[1].Leave()
	b.poll(pollers[0]) // it hears of that
	op := &driver.Op{Kind: driver.KindAccept}
	b.must(ln.Accept(op))
	conn, err := net.Dial("tcp", ln.LocalAddr().String())
	b.must(err)
	defer conn.Close()
	returned := b.block(pollers[0])
	defer pollers[0].Wake()
	b.until("who has accepted a connection comes back with it", func() bool { return len(returned) > 0 })
	b.mu.Lock()
	defer b.mu.Unlock()
	if got := b.told[op]; len(got) != 1 || got[0] != pollers[0] {
		t.Errorf("told %v, want once, and %v", got, pollers[0])
	}
	if s := op.Accepted(); s != nil {
		s.Close()
	}
}
