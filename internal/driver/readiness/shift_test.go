//go:build linux || darwin || freebsd

package readiness

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

func TestShift(t *testing.T) {
	const ready = 8
	for percent, moved := range map[int]int{1: 1, 25: 2, 50: 4, 100: 8} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			for from := range 2 {
				b := newBench(t, Calls{})
				pollers := b.join(2)
				giver, taker := pollers[from], pollers[1-from]
				ls := onSetsBut(taker, b.lines(3*ready, pollers...))
				giver.Give(taker, percent)
				b.look(giver) // nothing to give
				b.expectHeld(giver, len(ls))
				b.speak(ls[:ready]...)
				b.look(giver)
				if n := b.heardBy(giver, ls); n != ready-moved {
					t.Fatalf("%d lines heard by the giver, want %d", n, ready-moved)
				}
				b.expectHeld(giver, len(ls)-moved)
				b.expectHeld(taker, len(ls)+moved)
				b.look(taker)
				if n := b.heardBy(taker, ls); n != moved {
					t.Fatalf("%d lines heard by the taker, want %d", n, moved)
				}
				gone := onSetsBut(giver, ls)
				b.expectHeard(taker, gone)
				b.speak(gone...)
				b.look(giver)
				b.look(taker)
				b.expectHeard(taker, gone)
			}
		})
	}
}

// Of one it would move the load, not share it.
func TestShiftLeavesOneWhereItIs(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	ls := onSetsBut(pollers[1], b.lines(4, pollers...))
	pollers[0].Give(pollers[1], 50)
	b.speak(ls[0])
	b.look(pollers[0])
	b.expectHeard(pollers[0], ls[:1])
	b.expectHeld(pollers[0], 2)
}

func TestShiftOfWhoHoldsNothing(t *testing.T) {
	b := newBench(t, Calls{})
	po, none := b.join(1)[0], b.newPoller()
	ls := b.lines(2, po)
	po.Give(none, 100)
	none.Give(po, 100)
	b.speak(ls...)
	b.look(po)
	b.expectHeard(po, ls)
	b.expectHeld(none, 0)
}

func TestCloseAfterAMove(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	ls := onSetsBut(pollers[1], b.lines(16, pollers...))
	for range 3 { // from the second time on with descriptors that have been elsewhere
		pollers[0].Give(pollers[1], 50)
		b.speak(ls...)
		b.look(pollers[0])
		for i, l := range ls {
			heard := len(b.hearers(l.op))
			if moved := l.set.index+1 == pollers[1].number(); moved == (heard == 1) {
				t.Fatalf("line %d has moved: %v, and was heard %d times", i, moved, heard)
			}
			b.must(l.Close())
			if len(b.hearers(l.op)) != 1 || heard == 0 && !errors.Is(l.op.Err, net.ErrClosed) {
				t.Fatalf("line %d, closed: completed %d times, %v", i, len(b.hearers(l.op)), l.op.Err)
			}
		}
		b.expectHeld(pollers[0], 0)
		b.look(pollers[1])
		ls = onSetsBut(pollers[1], b.lines(16, pollers...))
		b.speak(ls...)
		b.look(pollers[0])
		b.expectHeard(pollers[0], ls)
	}
}

func TestMoveOfWhatIsElsewhere(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(3)
	ls := onSetsBut(pollers[2], onSetsBut(pollers[1], b.lines(6, pollers...)))
	all := b.port.sets()
	from := ls[0].set.index
	if ls[0].move(all[(from+1)%3], all[(from+2)%3]) || ls[0].move(all[from], all[from]) {
		t.Fatal("a line was moved that wasn't there, or not away")
	}
	for _, po := range pollers {
		b.expectHeld(po, 2)
	}
}

// gated is an Exec that tells when it has transfers, and carries them out when
// it may, until it is opened.
type gated struct {
	Calls
	come, gone chan struct{}
	open       atomic.Bool
}

func (g *gated) Do(batch []Transfer) {
	if !g.open.Load() {
		g.come <- struct{}{}
		<-g.gone
	}
	g.Calls.Do(batch)
}

// A closed stream keeps its descriptor as long as a transfer uses it.
func TestMoveOfWhatIsClosedMeanwhile(t *testing.T) {
	exec := &gated{come: make(chan struct{}, 1), gone: make(chan struct{}, 1)}
	b := newBench(t, exec)
	pollers := b.join(2)
	l := b.lines(2, pollers...)[0]
	from := l.set
	to := b.port.sets()[1-from.index]
	owner := pollers[from.index]
	b.speak(l)
	c := make(chan error, 1)
	go func() { c <- owner.Poll(-1) }()
	b.until("a transfer is made", func() bool { return len(exec.come) > 0 })
	b.must(l.Close())
	moved := l.move(from, to)
	exec.gone <- struct{}{}
	b.returns("the poll", c)
	if moved {
		t.Fatal("a closed line was moved")
	}
	if n := len(b.hearers(l.op)); n != 1 {
		t.Fatalf("its receive has completed %d times", n)
	}
	b.expectHeld(owner, 0)
	b.expectHeld(pollers[to.index], 1)
}

// A stream that is moved while a flush receives from it goes on in its new set,
// whose owner sleeps and has heard of its data already, to no avail.
func TestMoveWhileAFlushReceives(t *testing.T) {
	exec := &gated{come: make(chan struct{}, 1), gone: make(chan struct{}, 1)}
	b := newBench(t, exec)
	pollers := b.join(2)
	l := b.lines(2, pollers...)[0]
	from := l.set
	to := b.port.sets()[1-from.index]
	write := func(n int) {
		_, err := unix.Write(l.peer, make([]byte, n))
		b.must(err)
	}
	write(8) // which fills the buffer, so that there may be more
	exec.gone <- struct{}{}
	b.poll(pollers[from.index])
	<-exec.come
	b.attend(pollers[to.index])

	ops := [2]*driver.Op{}
	for i := range ops {
		ops[i] = &driver.Op{Kind: driver.KindRecv}
		ops[i].SetOneBuf(make([]byte, 8))
	}
	var flush sync.WaitGroup
	flush.Go(func() { b.must(l.Recv(ops[0])) })
	<-exec.come
	b.must(l.Recv(ops[1])) // behind the first
	if !l.move(from, to) {
		t.Fatal("a stream wasn't moved")
	}
	write(16)
	b.until("the new owner has heard of it", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.recv.news && to.resting.Load()
	})
	exec.open.Store(true)
	exec.gone <- struct{}{}
	flush.Wait()
	b.until("the second receive is over, or called to mind", func() bool {
		return len(b.hearers(ops[1])) == 1 || b.deferred.Load()
	})
}
