//go:build linux || darwin || freebsd

package readiness

import (
	"sync"
	"sync/atomic"
	"testing"

	"iocp/internal/driver"
)

func (b *bench) returns(what string, c <-chan error) {
	b.Helper()
	b.until(what+" returns", func() bool { return len(c) > 0 })
	b.must(<-c)
}

func TestWakeForIsForOne(t *testing.T) {
	for i := range 2 {
		b := newBench(t, Calls{})
		pollers := b.join(2)
		called, other := pollers[i], pollers[1-i]
		stays := b.block(other)
		for range 20 {
			c := b.block(called)
			called.Wake()
			b.returns("the one called while he waits", c)
			called.Wake()
			b.returns("the one called before", b.block(called))
		}
		if len(stays) != 0 {
			t.Fatal("another's poll has returned")
		}
		other.Wake()
		b.returns("the other", stays)
	}
}

// Somebody's look at the main set mustn't keep a call from its owner.
func TestLookKeepsNoCallFromTheHolder(t *testing.T) {
	b := newBench(t, Calls{})
	owner := b.join(1)[0]
	var over atomic.Bool
	var done sync.WaitGroup
	for range 2 {
		passer := b.newPoller()
		done.Go(func() {
			for !over.Load() {
				if err := passer.Poll(0); err != nil {
					b.Error(err)
				}
			}
		})
	}
	defer done.Wait()
	defer over.Store(true)
	for range 100 {
		c := b.block(owner)
		owner.Wake()
		b.returns("the one called", c)
	}
}

func TestWakeForWhoHoldsNothing(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.newPoller()
	po.Wake()
	b.returns("who had no set", b.block(po))
}

func TestWakeIsForAll(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(3)
	for range 20 {
		var polls []<-chan error
		for _, po := range pollers {
			polls = append(polls, b.block(po))
		}
		b.port.Wake()
		for _, c := range polls {
			b.returns("everybody", c)
		}
	}
}

// batching is an Exec with which sends may be held back.
type batching struct{ Calls }

func (batching) Batches() bool { return true }

// send starts a send that is held back.
func (b *bench) send(l *line) *driver.Op {
	b.Helper()
	op := &driver.Op{Kind: driver.KindSend}
	op.SetOneBuf([]byte("y"))
	b.must(l.Send(op))
	if len(b.hearers(op)) != 0 || !b.deferred.Swap(false) {
		b.Fatal("a send wasn't held back")
	}
	return op
}

// expectSent expects that an operation is over since somebody has polled.
func (b *bench) expectSent(op *driver.Op, by *poller) {
	b.Helper()
	if got := b.hearers(op); len(got) != 1 || got[0] != by {
		b.Fatalf("a send has completed %d times, or in another's poll", len(got))
	}
	b.must(op.Err)
}

func TestHeldBackSends(t *testing.T) {
	b := newBench(t, batching{})
	pollers := b.join(2)
	ls := b.lines(4, pollers...)
	b.backlog.Store(true)
	for _, l := range ls {
		i := l.set.index
		owner, other := pollers[i], pollers[1-i]

		op := b.send(l)
		if b.poll(other); len(b.hearers(op)) != 0 {
			t.Fatal("a send was carried out behind the back of a owner who runs")
		}
		b.poll(owner)
		b.expectSent(op, owner)

		c := b.block(owner)
		op = b.send(l)
		b.poll(other)
		b.expectSent(op, other)
		owner.Wake()
		b.returns("the owner", c)

		owner.Leave()
		op = b.send(l)
		b.poll(other)
		b.expectSent(op, other)
		b.poll(owner)
		if owner.number() != i+1 {
			pollers[0], pollers[1] = pollers[1], pollers[0]
		}
	}
}

func TestFlushSendsWhatIsHeldBack(t *testing.T) {
	b := newBench(t, batching{})
	pollers := b.join(2)
	b.backlog.Store(true)
	for _, l := range b.lines(4, pollers...) {
		op := b.send(l)
		b.port.Flush()
		b.expectSent(op, nil)
	}
}

// What is on the list of a owner who runs, and may be stuck, is left to that one;
// but whoever polls asks for a flush.
func TestPollAsksForAFlushOfOthersLists(t *testing.T) {
	b := newBench(t, batching{})
	pollers := b.join(2)
	ls := b.lines(2, pollers...)
	b.backlog.Store(true)
	for _, l := range ls {
		op := b.send(l)
		if b.deferred.Load() {
			t.Fatal("the port has something to remember too soon")
		}
		b.look(pollers[1-l.set.index])
		if !b.deferred.Swap(false) || len(b.hearers(op)) != 0 {
			t.Fatal("who polls hasn't asked for a flush of what is held back in another's set")
		}
		b.port.Flush()
		b.expectSent(op, nil)
	}
}
