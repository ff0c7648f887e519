package dispatch

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
)

// reference is what a queue is to hold: numbers of packets, and which of them came
// out of a local queue.
type reference struct {
	packets []int
	moved   map[int]bool
}

// holdsMoved reports whether a packet that was moved is still there.
func (r *reference) holdsMoved() bool {
	for _, n := range r.packets {
		if r.moved[n] {
			return true
		}
	}
	return false
}

// fixture is a queue beside its reference, with a local queue to move packets from.
type fixture struct {
	*testing.T
	queue
	reference
	local *driver.LocalQueue
	lies  []int // in the local queue
	next  int
}

func newFixture(t *testing.T, start uint32) *fixture {
	d := &fixture{T: t, local: driver.NewLocalQueue(1, new(atomic.Int32))}
	d.moved = map[int]bool{}
	d.put, d.requeued = start, start-uint32(start%7)
	d.taken.Store(start)
	return d
}

// packet makes one more.
func (d *fixture) packet() *driver.Op {
	d.next++
	return &driver.Op{N: d.next}
}

func (d *fixture) step(what int) {
	switch {
	case what < 4:
		d.push(d.packet())
		d.packets = append(d.packets, d.next)
	case what < 6:
		d.local.Put(d.packet(), nil)
		d.lies = append(d.lies, d.next)
	case what < 9:
		op := d.pop()
		if (op == nil) != (len(d.packets) == 0) {
			d.Fatalf("popped %v of %v", op, d.packets)
		}
		if op != nil {
			if op.N != d.packets[0] {
				d.Fatalf("popped %d of %v", op.N, d.packets)
			}
			d.packets = d.packets[1:]
		}
	default:
		d.move(what == 9)
	}
}

// move requeues what lies in the local queue.
func (d *fixture) move(older bool) {
	d.requeue(d.local, older)
	for _, n := range d.lies {
		d.moved[n] = true
	}
	if older {
		d.packets = append(d.lies, d.packets...)
	} else {
		d.packets = append(d.packets, d.lies...)
	}
	d.lies = nil
}

func (d *fixture) check() {
	if n := int(d.put - d.taken.Load()); n != len(d.packets) || n != d.len() || d.some.Load() != (n > 0) {
		d.Fatalf("numbers of %d packets, %d are there, some: %v; want %v", n, d.len(), d.some.Load(), d.packets)
	}
	if d.mixed.Load() != d.holdsMoved() {
		d.Fatalf("mixed: %v, but moved are %v of %v", d.mixed.Load(), d.moved, d.packets)
	}
}

// The numbers have no gap, and a queue is mixed as long as a packet is in it that
// came out of a local queue, and no longer; also where the numbers come round.
func TestQueueKeepsItsNumbers(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for round, start := range []uint32{0, 1, math.MaxUint32 - 5, math.MaxInt32 - 3, 1 << 31} {
		rnd := rand.New(rand.NewPCG(seed, uint64(round)))
		d := newFixture(t, start)
		for range 5000 {
			if d.step(rnd.IntN(11)); !t.Failed() {
				d.check()
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d, from %d", seed, start)
		}
	}
}

// A packet that was dequeued long ago may look as if it weren't, once others have
// been moved to the front; one that is there never looks dequeued.
func TestWhatIsQueuedIsNeverGone(t *testing.T) {
	d := newFixture(t, math.MaxUint32-1)
	var order driver.Order
	for range 10 {
		d.push(d.packet())
		order.Queue(d.put)
		for range 3 {
			d.local.Put(d.packet(), nil)
		}
		d.requeue(d.local, true)
		for d.len() > 1 {
			if order.Gone(d.taken.Load()) {
				t.Fatalf("%d packets are before one that looks dequeued", d.len()-1)
			}
			d.pop()
		}
		if d.pop(); !order.Gone(d.taken.Load()) {
			t.Fatal("a dequeued packet doesn't look so")
		}
	}
}
