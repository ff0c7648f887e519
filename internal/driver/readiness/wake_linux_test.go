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
		trays := b.join(2)
		called, other := trays[i], trays[1-i]
		stays := b.block(other)
		for range 20 {
			c := b.block(called)
			b.port.WakeFor(called)
			b.returns("the one called while he waits", c)
			b.port.WakeFor(called)
			b.returns("the one called before", b.block(called))
		}
		if len(stays) != 0 {
			t.Fatal("another's poll has returned")
		}
		b.port.WakeFor(other)
		b.returns("the other", stays)
	}
}

// Somebody's look at the main set mustn't keep a call from its holder.
func TestLookKeepsNoCallFromTheHolder(t *testing.T) {
	b := newBench(t, Calls{})
	holder := b.join(1)[0]
	var over atomic.Bool
	var done sync.WaitGroup
	for range 2 {
		passer := b.tray()
		done.Go(func() {
			for !over.Load() {
				if err := b.port.PollFor(passer, 0); err != nil {
					b.Error(err)
				}
			}
		})
	}
	defer done.Wait()
	defer over.Store(true)
	for range 100 {
		c := b.block(holder)
		b.port.WakeFor(holder)
		b.returns("the one called", c)
	}
}

func TestWakeForWhoHoldsNothing(t *testing.T) {
	b := newBench(t, Calls{})
	tray := b.tray()
	b.port.WakeFor(tray)
	b.returns("who had no set", b.block(tray))
}

func TestWakeIsForAll(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(3)
	for range 20 {
		var polls []<-chan error
		for _, tray := range trays {
			polls = append(polls, b.block(tray))
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
func (b *bench) expectSent(op *driver.Op, by *driver.Tray) {
	b.Helper()
	if got := b.hearers(op); len(got) != 1 || got[0] != by {
		b.Fatalf("a send has completed %d times, or in another's poll", len(got))
	}
	b.must(op.Err)
}

func TestHeldBackSends(t *testing.T) {
	b := newBench(t, batching{})
	trays := b.join(2)
	ls := b.lines(4, trays...)
	b.backlog.Store(true)
	for _, l := range ls {
		i := l.set.index
		holder, other := trays[i], trays[1-i]

		op := b.send(l)
		if b.poll(other); len(b.hearers(op)) != 0 {
			t.Fatal("a send was carried out behind the back of a holder who runs")
		}
		b.poll(holder)
		b.expectSent(op, holder)

		c := b.block(holder)
		op = b.send(l)
		b.poll(other)
		b.expectSent(op, other)
		b.port.WakeFor(holder)
		b.returns("the holder", c)

		b.port.Leave(holder)
		op = b.send(l)
		b.poll(other)
		b.expectSent(op, other)
		b.poll(holder)
		if holder.Seat() != i+1 {
			trays[0], trays[1] = trays[1], trays[0]
		}
	}
}

func TestFlushSendsWhatIsHeldBack(t *testing.T) {
	b := newBench(t, batching{})
	trays := b.join(2)
	b.backlog.Store(true)
	for _, l := range b.lines(4, trays...) {
		op := b.send(l)
		b.port.Flush()
		b.expectSent(op, nil)
	}
}

// What is on the list of a holder who runs, and may be stuck, is left to that one;
// but whoever polls has the port remember it.
func TestPollRemindsOfOthersLists(t *testing.T) {
	b := newBench(t, batching{})
	trays := b.join(2)
	ls := b.lines(2, trays...)
	b.backlog.Store(true)
	for _, l := range ls {
		op := b.send(l)
		if b.deferred.Load() {
			t.Fatal("the port has something to remember too soon")
		}
		b.look(trays[1-l.set.index])
		if !b.deferred.Swap(false) || len(b.hearers(op)) != 0 {
			t.Fatal("who polls hasn't reminded the port of what is held back in another's set")
		}
		b.port.Flush()
		b.expectSent(op, nil)
	}
}
