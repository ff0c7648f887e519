package driver

import (
	"sync"
	"sync/atomic"
)

// Tray is where a worker finds what it has polled and will handle next: a queue
// of its own, so that several workers needn't meet at the port's for every
// packet. Only Poll puts packets there, and what completes behind them in the
// same order; the worker takes them, or somebody who has nothing else to do.
// All methods may be called from any goroutine.
type Tray struct {
	id       uint16        // in Orders; 0 is none
	nonempty *atomic.Int32 // trays of the port with something on them

	mu   sync.Mutex
	list List

	// Changed with mu held only. What lies on the tray is the difference.
	put   atomic.Uint64
	taken atomic.Uint64
}

// Order is the place of the packet that was last completed in one direction of
// a handle. A thread sees such packets in their order (clause C63); so the next
// one mustn't get ahead of it in another place. It belongs to whoever may
// complete an operation of that direction.
type Order struct {
	mark uint32 // how many had been put there by then
	tray uint16 // 0 is the port's queue
	home uint16 // the tray on which the handle's packets were last put
}

// NewTray makes a tray with a number of its own, from 1; one with number 0 must
// stay empty, since no Order can tell of it. nonempty counts the trays with
// something on them.
func NewTray(id uint16, nonempty *atomic.Int32) *Tray { return &Tray{id: id, nonempty: nonempty} }

// Numbered reports whether the tray has a number.
func (t *Tray) Numbered() bool { return t.id != 0 }

// Tray is the number of the tray that the last packet was put on; 0 is the
// port's queue, or that there was no packet.
func (o *Order) Tray() uint16 { return o.tray }

// Queue says that the last packet was put into the port's queue, as number mark.
func (o *Order) Queue(mark uint32) { o.tray, o.mark = 0, mark }

// Gone reports whether the last packet has been taken from the port's queue, of
// which so many have been.
func (o *Order) Gone(taken uint32) bool { return int32(o.mark-taken) <= 0 }

// Settle says that the handle's packets are now put on a tray, if there is one.
func (o *Order) Settle(t *Tray) {
	if t != nil {
		o.home = t.id
	}
}

// Home is the number of the tray that Settle was last told; 0 is none.
func (o *Order) Home() uint16 { return o.home }

// Len is how much lies on the tray.
func (t *Tray) Len() int { return int(t.put.Load() - t.taken.Load()) }

// Total is how much was ever put there.
func (t *Tray) Total() uint64 { return t.put.Load() }

// Put puts a packet on the tray. o may be nil: then it keeps no order.
func (t *Tray) Put(op *Op, o *Order) {
	t.mu.Lock()
	t.push(op, o)
	t.mu.Unlock()
}

func (t *Tray) push(op *Op, o *Order) {
	if t.list.Push(op); t.list.Len() == 1 {
		t.nonempty.Add(1)
	}
	n := t.put.Add(1)
	if o != nil {
		o.tray, o.mark = t.id, uint32(n)
	}
}

// Follow puts a packet on the tray if the one before it still lies there, and
// reports whether that was so. Marks that are very old look young again when
// the counter comes round; then the tray has something on it all the same.
func (t *Tray) Follow(op *Op, o *Order) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := uint32(t.taken.Load())
	if o.mark-taken-1 >= uint32(t.put.Load())-taken {
		return false
	}
	t.push(op, o)
	return true
}

// Join puts a packet on the tray if there are others, so that its owner is about
// to come back for them. It reports whether that was so.
func (t *Tray) Join(op *Op, o *Order) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list.Len() == 0 {
		return false
	}
	t.push(op, o)
	return true
}

// Take moves up to most packets, oldest first, to a list. It reports how many
// are left.
func (t *Tray) Take(to *List, most int) (left int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(most, t.list.Len())
	for range n {
		to.Push(t.list.Pop())
	}
	t.took(n)
	return t.list.Len()
}

// Clear moves all packets to the end of a list, or to its front.
func (t *Tray) Clear(to *List, front bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.list.Len()
	if front {
		t.list.Append(to)
		*to, t.list = t.list, *to
	} else {
		to.Append(&t.list)
	}
	t.took(n)
}

func (t *Tray) took(n int) {
	if t.taken.Add(uint64(n)); n > 0 && t.list.Len() == 0 {
		t.nonempty.Add(-1)
	}
}
