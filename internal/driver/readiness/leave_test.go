//go:build linux || darwin || freebsd

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
	pollers := b.join(workers)
	heir := pollers[workers-1]
	if !slices.Contains(leave, 0) {
		heir = pollers[0]
	}
	ls := b.lines(4*workers, pollers...)
	early, late := ls[:2*workers], ls[2*workers:]
	others := onSetsBut(heir, early)
	if blocked {
		b.attend(heir)
	}
	b.speak(others...)
	for _, i := range leave {
		pollers[i].Leave()
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
func onSetsBut(po *poller, ls []*line) (rest []*line) {
	for _, l := range ls {
		if l.set.index+1 != po.number() {
			rest = append(rest, l)
		}
	}
	return rest
}

func TestWhoeverComesAfterAllHaveLeft(t *testing.T) {
	for name, looks := range map[string]bool{"waits": false, "looks": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Calls{})
			pollers := b.join(3)
			ls := b.lines(9, pollers...)
			for _, i := range []int{1, 0, 2} {
				pollers[i].Leave()
			}
			b.speak(ls...)
			next := b.newPoller()
			if looks {
				b.look(next)
			} else {
				b.poll(next)
			}
			b.expectHeard(next, ls)
			if held := next.number() != 0; held == looks {
				t.Fatalf("holds a set: %v", held)
			}
		})
	}
}

func TestNobodysPollHearsAll(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	ls := b.lines(4, pollers...)
	pollers[0].Leave()
	pollers[1].Leave()
	b.speak(ls...)
	b.must(b.port.Poll(-1))
	b.expectHeard(nil, ls)
}

func TestListenersOfWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	ls := []driver.Listener{b.listener(), b.listener()} // one in each set
	b.expectHeld(pollers[1], 1)
	pollers[0].Leave()
	for _, l := range ls {
		op := &driver.Op{Kind: driver.KindAccept}
		b.must(l.Accept(op))
		c, err := net.Dial("tcp", l.LocalAddr().String())
		b.must(err)
		defer c.Close()
		b.until("the connection is accepted", func() bool {
			b.poll(pollers[1])
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
	pollers := b.join(2)
	ls := b.lines(2*adoptMax, pollers...)
	b.expectHeld(pollers[0], adoptMax)
	pollers[1].Leave()
	b.until("all are the other's", func() bool {
		b.poll(pollers[0])
		return b.held(pollers[0]) == len(ls)
	})
	b.speak(ls...)
	b.look(pollers[0])
	b.expectHeard(pollers[0], ls)
	b.look(pollers[1]) // his set is his again, with nothing in it
	b.expectHeld(pollers[1], 0)
}

// Who waits leaves empty sets that nobody holds out; but not what comes into one
// meanwhile: what was given to somebody who has left since...
func TestGiftForWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	ls := onSetsBut(pollers[0], b.lines(8, pollers...))
	taker := b.join(1)[0]
	pollers[1].Give(taker, 100)
	taker.Leave()
	b.look(pollers[0])
	b.attend(pollers[0])
	b.speak(ls...)
	b.look(pollers[1])
	b.until("the gift is heard of", func() bool { return b.heardBy(pollers[0], ls) == len(ls) })
}

// ...and a new stream, whose set was left before it was there.
func TestPlaceOfWhoHasLeft(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	left := b.port.sets()[pollers[1].number()-1]
	pollers[1].Leave()
	b.look(pollers[0])
	b.attend(pollers[0])
	l := b.unattached()
	l.set = left // what Attach does, with time to leave in between
	token, err := b.port.watch(l.stream, l.fd(), left)
	b.must(err)
	l.index = uint32(token)
	b.listen(l)
	b.speak(l)
	b.until("the line is heard", func() bool { return b.heardBy(pollers[0], []*line{l}) == 1 })
}
