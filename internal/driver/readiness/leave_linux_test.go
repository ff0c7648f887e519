package readiness

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"iocp/internal/driver"
)

// Who hears what the leavers' lines have to say: by the next poll, or by one that
// is under way.
func TestOthersHearWhoseHolderHasLeft(t *testing.T) {
	for _, c := range []struct {
		workers int
		leave   []int
	}{
		{2, []int{1}},
		{2, []int{0}}, // the main set passes on
		{3, []int{1, 0}},
		{3, []int{0, 1}},
		{4, []int{2, 0, 1}},
	} {
		name := fmt.Sprintf("%d of %d", c.leave, c.workers)
		t.Run(name+" before", func(t *testing.T) { testLeave(t, c.workers, c.leave, false) })
		t.Run(name+" meanwhile", func(t *testing.T) { testLeave(t, c.workers, c.leave, true) })
	}
}

func testLeave(t *testing.T, workers int, leave []int, blocked bool) {
	b := newBench(t, Calls{})
	trays := b.join(workers)
	heir := trays[workers-1]
	if !slices.Contains(leave, 0) {
		heir = trays[0]
	}
	ls := b.lines(4*workers, trays...)
	early, late := ls[:2*workers], ls[2*workers:]
	others := onSetsBut(heir, early)
	if blocked {
		b.attend(heir)
	}
	b.speak(others...)
	for _, i := range leave {
		b.port.Leave(trays[i])
	}
	if !blocked {
		b.poll(heir)
	}
	b.until("what was said before is heard", func() bool { return b.heardBy(heir, others) == len(others) })
	if blocked {
		b.waits(heir)
	}
	for _, some := range [][]*line{onSetsBut(heir, late), late} {
		b.speak(some...)
		if !blocked {
			b.poll(heir)
		}
		b.until("what was said after is heard", func() bool { return b.heardBy(heir, some) == len(some) })
	}
}

// onSetsBut are the lines that somebody doesn't hold.
func onSetsBut(tray *driver.Tray, ls []*line) (rest []*line) {
	for _, l := range ls {
		if l.set.index+1 != tray.Seat() {
			rest = append(rest, l)
		}
	}
	return rest
}

func TestWhoeverComesAfterAllHaveLeft(t *testing.T) {
	for name, looks := range map[string]bool{"waits": false, "looks": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Calls{})
			trays := b.join(3)
			ls := b.lines(9, trays...)
			for _, i := range []int{1, 0, 2} {
				b.port.Leave(trays[i])
			}
			b.speak(ls...)
			next := b.tray()
			if looks {
				b.look(next)
			} else {
				b.poll(next)
			}
			b.expectHeard(next, ls)
			if held := next.Seat() != 0; held == looks {
				t.Fatalf("holds a set: %v", held)
			}
		})
	}
}

func TestNobodysPollHearsAll(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(2)
	ls := b.lines(4, trays...)
	b.port.Leave(trays[0])
	b.port.Leave(trays[1])
	b.speak(ls...)
	b.must(b.port.Poll(-1))
	b.expectHeard(nil, ls)
}

func TestListenersOfWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(2)
	ls := []driver.Listener{b.listener(), b.listener()} // one in each set
	b.expectHeld(trays[1], 1)
	b.port.Leave(trays[0])
	for _, l := range ls {
		op := &driver.Op{Kind: driver.KindAccept}
		b.must(l.Accept(op))
		c, err := net.Dial("tcp", l.LocalAddr().String())
		b.must(err)
		defer c.Close()
		b.until("the connection is accepted", func() bool {
			b.poll(trays[1])
			return len(b.hearers(op)) > 0
		})
		b.must(op.Err)
		b.must(op.Accepted().Close())
	}
}

func (b *bench) listener() driver.Listener {
	l, err := b.port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), driver.ListenOptions{})
	b.must(err)
	b.Cleanup(func() { l.Close() })
	b.must(l.Attach(b.port))
	return l
}

func TestWhatIsLeftForLongIsTakenOver(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(2)
	ls := b.lines(2*homeMost, trays...)
	b.expectHeld(trays[0], homeMost)
	b.port.Leave(trays[1])
	b.until("all are the other's", func() bool {
		b.poll(trays[0])
		return b.held(trays[0]) == len(ls)
	})
	b.speak(ls...)
	b.look(trays[0])
	b.expectHeard(trays[0], ls)
	b.look(trays[1]) // his set is his again, with nothing in it
	b.expectHeld(trays[1], 0)
}

// Who waits leaves empty sets that nobody holds out; but not what comes into one
// meanwhile: what was given to somebody who has left since...
func TestGiftForWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(2)
	ls := onSetsBut(trays[0], b.lines(8, trays...))
	taker := b.join(1)[0]
	b.port.Shift(trays[1], taker, 100)
	b.port.Leave(taker)
	b.look(trays[0])
	b.attend(trays[0])
	b.speak(ls...)
	b.look(trays[1])
	b.until("the gift is heard of", func() bool { return b.heardBy(trays[0], ls) == len(ls) })
}

// ...and a new stream, whose set was left before it was there.
func TestPlaceOfWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	trays := b.join(2)
	left := b.port.sets()[trays[1].Seat()-1]
	b.port.Leave(trays[1])
	b.look(trays[0])
	b.attend(trays[0])
	l := b.unattached()
	l.set = left // what Attach does, with time to leave in between
	var err error
	l.token, err = b.port.watch(l, l.fd(), left)
	b.must(err)
	b.listen(l)
	b.speak(l)
	b.until("the line is heard", func() bool { return b.heardBy(trays[0], []*line{l}) == 1 })
}
