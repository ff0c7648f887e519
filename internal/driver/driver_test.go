package driver_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
)

func drain(l *driver.List) (ops []*driver.Op) {
	for op := l.Pop(); op != nil; op = l.Pop() {
		ops = append(ops, op)
	}
	return ops
}

func TestListIsFIFO(t *testing.T) {
	var l driver.List
	a, b, c := new(driver.Op), new(driver.Op), new(driver.Op)
	for i, op := range []*driver.Op{a, b, c} {
		l.Push(op)
		if l.Len() != i+1 || l.Front() != a || !l.Contains(op) {
			t.Fatalf("after %d pushes: length %d, front is the first: %v", i+1, l.Len(), l.Front() == a)
		}
	}
	if got := drain(&l); !slices.Equal(got, []*driver.Op{a, b, c}) {
		t.Fatalf("popped %p, want %p %p %p", got, a, b, c)
	}
	if l.Len() != 0 || l.Front() != nil {
		t.Fatal("not empty after the last Pop")
	}
}

func TestListRemovesFromAnywhere(t *testing.T) {
	for gone := range 3 {
		ops := []*driver.Op{new(driver.Op), new(driver.Op), new(driver.Op)}
		var l driver.List
		for _, op := range ops {
			l.Push(op)
		}
		removed := ops[gone]
		if !l.Remove(removed) || l.Remove(removed) || l.Contains(removed) {
			t.Fatalf("operation %d wasn't removed exactly once", gone)
		}
		l.Push(removed) // the tail must be right, and the op free for another list
		want := append(slices.Delete(slices.Clone(ops), gone, gone+1), removed)
		if got := drain(&l); !slices.Equal(got, want) {
			t.Fatalf("without operation %d and with it pushed again: %p, want %p", gone, got, want)
		}
	}
}

// The list does what a slice does.
func TestListAgainstSlice(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	var l driver.List
	var model []*driver.Op
	for range 20_000 {
		switch k := rnd.IntN(10); {
		case k < 5:
			op := new(driver.Op)
			l.Push(op)
			model = append(model, op)
		case k < 8 && len(model) > 0:
			if l.Pop() != model[0] {
				t.Fatalf("seed %d: popped another than the oldest", seed)
			}
			model = model[1:]
		case len(model) > 0:
			i := rnd.IntN(len(model))
			l.Remove(model[i])
			model = slices.Delete(model, i, i+1)
		}
		if l.Len() != len(model) {
			t.Fatalf("seed %d: length %d, want %d", seed, l.Len(), len(model))
		}
	}
	if !slices.Equal(drain(&l), model) {
		t.Fatalf("seed %d: the rest is in another order", seed)
	}
}

func TestOpKeepsItsOwnHeaders(t *testing.T) {
	var op driver.Op
	bufs := [][]byte{make([]byte, 3), make([]byte, 4)}
	for _, n := range []int{1, 2, 0, 2, 1} {
		mine := slices.Clone(bufs[:n])
		op.SetBufs(mine)
		clear(mine)
		if len(op.Bufs()) != n || op.Len() != []int{0, 3, 7}[n] {
			t.Fatalf("%d buffers set, the op has %d of %d bytes", n, len(op.Bufs()), op.Len())
		}
		op.DropBufs()
		if op.Len() != 0 || slices.ContainsFunc(op.Bufs()[:cap(op.Bufs())], func(b []byte) bool { return b != nil }) {
			t.Fatal("a resting op keeps buffers")
		}
	}
}

func TestSlotsForgetByGeneration(t *testing.T) {
	var s driver.Slots[*int]
	a, b := new(int), new(int)
	old := s.Add(a)
	s.Remove(old)
	s.Remove(old)
	now := s.Add(b)
	if uint32(old) != uint32(now) {
		t.Fatalf("the slot wasn't used again: tokens %x and %x", old, now)
	}
	if s.Get(old) != nil || s.Get(now) != b {
		t.Fatal("a token of a removed entry finds its successor")
	}
	s.Remove(old)
	if s.Get(now) != b || s.Len() != 1 {
		t.Fatal("a stale Remove took the successor out")
	}
	if s.Get(now+1) != nil || s.Get(0) != nil {
		t.Fatal("a token that was never given finds something")
	}
}

func TestSlotsAll(t *testing.T) {
	var s driver.Slots[*int]
	var tokens []uint64
	for i := range 5 {
		tokens = append(tokens, s.Add(&i))
	}
	s.Remove(tokens[1])
	s.Remove(tokens[3])
	var left []int
	for _, v := range s.All() {
		left = append(left, *v)
	}
	if !slices.Equal(left, []int{0, 2, 4}) {
		t.Fatalf("left are %v, want [0 2 4]", left)
	}
}

// A customer takes a buffer whenever it is kicked and wants one.
type customer struct {
	pool  *driver.Pool
	acct  driver.Account
	kicks atomic.Int32

	mu    sync.Mutex
	wants int
	bufs  []*driver.Buf
}

func newCustomer(p *driver.Pool, wants int) *customer {
	return &customer{pool: p, wants: wants}
}

func (c *customer) Kick() {
	c.kicks.Add(1)
	c.mu.Lock()
	idle := c.wants == 0
	c.mu.Unlock()
	if idle {
		c.pool.Forget(&c.acct) // as a socket does whose receive was cancelled
		return
	}
	c.take()
}

// take takes what it wants, and reports whether it wanted anything.
func (c *customer) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wants == 0 {
		return false
	}
	for c.wants > 0 {
		b := c.pool.Get(&c.acct, c)
		if b == nil {
			break
		}
		c.wants--
		c.bufs = append(c.bufs, b)
	}
	return true
}

// give gives one buffer back, if there is one.
func (c *customer) give() {
	c.mu.Lock()
	if len(c.bufs) == 0 {
		c.mu.Unlock()
		return
	}
	b := c.bufs[0]
	c.bufs = c.bufs[1:]
	c.mu.Unlock()
	b.Release(b.Gen())
}

func (c *customer) holds() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.bufs)
}

// wantHeld checks how many wait for a buffer, by what they wait for.
func wantHeld(t *testing.T, p *driver.Pool, credit, pool int) {
	t.Helper()
	if c, o := p.Held(); c != credit || o != pool {
		t.Errorf("%d wait for one of their own buffers and %d for any, want %d and %d", c, o, credit, pool)
	}
}

func TestPoolCredit(t *testing.T) {
	p := driver.NewPool(8, 10, 2)
	a, b := newCustomer(p, 3), newCustomer(p, 1)
	a.take()
	if a.holds() != 2 {
		t.Fatalf("holds %d buffers on a credit of 2", a.holds())
	}
	if b.take(); b.holds() != 1 {
		t.Fatal("one socket's credit keeps another from a buffer")
	}
	wantHeld(t, p, 1, 0)
	b.give()
	if a.kicks.Load() != 0 {
		t.Fatal("kicked by another's buffer, which doesn't help")
	}
	a.give()
	if a.kicks.Load() != 1 || a.holds() != 2 {
		t.Fatalf("after its own came back: %d kicks, holds %d, want 1 and 2", a.kicks.Load(), a.holds())
	}
	wantHeld(t, p, 0, 0)
}

func TestPoolMax(t *testing.T) {
	p := driver.NewPool(8, 1, 4)
	a, b, c := newCustomer(p, 1), newCustomer(p, 1), newCustomer(p, 1)
	for _, x := range []*customer{a, b, c} {
		x.take()
	}
	if p.Out() != 1 || b.holds()+c.holds() != 0 {
		t.Fatalf("%d buffers out, the bound is 1", p.Out())
	}
	wantHeld(t, p, 0, 2)
	a.give()
	if b.holds() != 1 || c.holds() != 0 {
		t.Fatal("the buffer didn't go to who has starved longest")
	}
	wantHeld(t, p, 0, 1)
	b.give()
	if c.holds() != 1 {
		t.Fatal("the buffer didn't go to the next")
	}
	if c.give(); p.Out() != 0 {
		t.Fatalf("%d buffers out after the last came back", p.Out())
	}
}

// Who is kicked may have no use for a buffer any more; somebody behind it has.
func TestPoolKickIsNotWasted(t *testing.T) {
	p := driver.NewPool(8, 1, 4)
	a, quit, b := newCustomer(p, 1), newCustomer(p, 1), newCustomer(p, 1)
	for _, x := range []*customer{a, quit, b} {
		x.take()
	}
	quit.wants = 0 // its receive was cancelled
	a.give()
	if b.holds() != 1 {
		t.Fatal("starves although a buffer is free")
	}
}

// beggar wants a buffer for nothing, and gives it back at once, or has lost interest.
type beggar struct {
	pool   *driver.Pool
	acct   driver.Account
	quits  bool
	within *atomic.Int32 // kicks under way
	most   *atomic.Int32 // and the most there have been
	kicked *atomic.Int32
}

func (b *beggar) Kick() {
	b.most.Store(max(b.most.Load(), b.within.Add(1)))
	defer b.within.Add(-1)
	defer b.kicked.Add(1)
	if b.quits {
		b.pool.Forget(&b.acct)
	} else if buf := b.pool.Get(&b.acct, b); buf != nil {
		buf.Release(buf.Gen())
	}
}

// However many want the only buffer for nothing, they are asked one after the
// other, not one within the other.
func TestPoolKicksDontNest(t *testing.T) {
	const beggars = 10_000
	for _, quits := range []bool{false, true} {
		p := driver.NewPool(8, 1, 4)
		holder, last := newCustomer(p, 1), newCustomer(p, 1)
		holder.take()
		var within, most, kicked atomic.Int32
		for range beggars {
			b := &beggar{pool: p, quits: quits, within: &within, most: &most, kicked: &kicked}
			if p.Get(&b.acct, b) != nil {
				t.Fatal("a second buffer")
			}
		}
		last.take()
		holder.give()
		for deadline := time.Now().Add(20 * time.Second); last.holds() == 0; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("the last starves, after %d of %d kicks", kicked.Load(), beggars)
			}
		}
		if most.Load() != 1 || kicked.Load() != beggars {
			t.Errorf("%d kicks, up to %d within one another", kicked.Load(), most.Load())
		}
	}
}

func TestPoolForget(t *testing.T) {
	for gone := range 3 {
		p := driver.NewPool(8, 1, 4)
		holder := newCustomer(p, 1)
		holder.take()
		starved := []*customer{newCustomer(p, 1), newCustomer(p, 1), newCustomer(p, 1)}
		for _, c := range starved {
			c.take()
		}
		p.Forget(&starved[gone].acct)
		holder.give()
		for range starved {
			for _, c := range starved {
				c.give()
			}
		}
		for i, c := range starved {
			if served := c.kicks.Load() > 0; served != (i != gone) {
				t.Fatalf("number %d forgotten: number %d was kicked: %v", gone, i, served)
			}
		}
	}
}

func TestPoolRefusesAStaleRelease(t *testing.T) {
	p := driver.NewPool(8, 4, 4)
	c := newCustomer(p, 1)
	c.take()
	b := c.bufs[0]
	gen := b.Gen()
	if !b.Release(gen) {
		t.Fatal("the first Release is refused")
	}
	if b.Release(gen) {
		t.Fatal("a buffer was released twice")
	}
	if p.Out() != 0 {
		t.Fatalf("%d buffers out", p.Out())
	}
}

// Many take and give at a time: the bounds hold, and nobody starves.
func TestPoolStorm(t *testing.T) {
	const customers, each, most = 16, 500, 3
	p := driver.NewPool(8, most, 2)
	var wg sync.WaitGroup
	for range customers {
		c := newCustomer(p, each)
		wg.Go(func() {
			deadline := time.Now().Add(20 * time.Second)
			c.take()
			for taken := 0; taken < each; {
				if out := p.Out(); out > most {
					t.Errorf("%d buffers out, the bound is %d", out, most)
					return
				}
				if c.holds() == 0 {
					runtime.Gosched() // those who hold the buffers need the time
				} else {
					c.give()
					taken++
				}
				if time.Now().After(deadline) {
					t.Errorf("starved after %d of %d buffers", taken, each)
					return
				}
			}
		})
	}
	wg.Wait()
	if p.Out() != 0 {
		t.Errorf("%d buffers out at the end", p.Out())
	}
}

// What a transfer is to move begins where the last one stopped, and has its
// bounds.
func TestOpPiece(t *testing.T) {
	data := []byte("abcdefghij")
	var op driver.Op
	op.SetBufs([][]byte{data[:1], {}, data[1:4], {}, data[4:5], data[5:]})
	bounds := []struct {
		moved, first, bytes int
		over                bool
	}{{0, 1, 4, false}, {2, 2, 3, false}, {2, 1, 6, false}, {4, 2, 2, false}, {2, 0, 0, true}}
	for i, b := range bounds {
		over := op.Moved(b.moved)
		bufs, bytes := op.Piece(2)
		if over != b.over || bytes != b.bytes || !over && len(bufs[0]) != b.first {
			t.Fatalf("%d: moved %d: over %v, %d bytes of %q are left", i, b.moved, over, bytes, bufs)
		}
	}
	if op.N != len(data) {
		t.Fatalf("N = %d", op.N)
	}
	op.SetFile(nil, 0, 5)
	op.DropBufs()
	op.N = 0
	op.SetFile(nil, 0, 5)
	if op.Moved(4) || !op.Moved(1) {
		t.Fatal("a SendFile of 5 bytes isn't over after 5 bytes")
	}
}
