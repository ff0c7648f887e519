package driver

import (
	"sync"
	"sync/atomic"

	"iocp/internal/invariant"
)

// Pool holds the buffers that RecvPooled completions bring. A buffer is taken
// when data is there, not when the receive is submitted, so idle sockets hold
// none. Two bounds keep a peer from eating memory: a socket may hold at most
// credit buffers not yet released, and all together at most max. A socket
// that meets either bound isn't read from until a buffer comes back.
type Pool struct {
	size   int
	max    int
	credit int
	free   sync.Pool

	mu      sync.Mutex
	out     int // buffers taken and not yet given back
	starved *Account
	last    *Account
}

// Account is one socket's share of a Pool. The socket embeds it and sets Owner.
type Account struct {
	Owner   Kicker
	next    *Account // in the pool's list of starved accounts
	held    int32
	starved bool // on that list
	short   bool // refused for lack of credit
}

// Kicker is told that it is worth asking the pool again.
type Kicker interface {
	// Kick is called without any lock of the pool, from any goroutine, and
	// must not block.
	Kick()
}

// Buf is one buffer of a Pool.
type Buf struct {
	Data    []byte // whole
	N       int    // bytes received
	history invariant.History
	gen     atomic.Uint32
	pool    *Pool
	owner   *Account
}

// NewPool makes a pool of buffers of size bytes.
func NewPool(size, max, credit int) *Pool {
	return &Pool{size: size, max: max, credit: credit}
}

// Size is the length of each buffer.
func (p *Pool) Size() int { return p.size }

// Out is the number of buffers in use.
func (p *Pool) Out() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out
}

// Get takes a buffer for a. When a bound is met it returns nil, and a's owner
// is kicked when a buffer that could serve it has come back.
func (p *Pool) Get(a *Account) *Buf {
	p.mu.Lock()
	if int(a.held) >= p.credit {
		a.short = true
		p.mu.Unlock()
		return nil
	}
	if p.out >= p.max {
		p.enlist(a)
		p.mu.Unlock()
		return nil
	}
	p.out++
	a.held++
	p.unlist(a) // it may have asked for a reason other than a kick
	p.mu.Unlock()
	b, _ := p.free.Get().(*Buf)
	if b == nil {
		b = &Buf{Data: make([]byte, p.size), pool: p}
	}
	b.owner = a
	return b
}

// Gen is the buffer's present use; Release asks for it, so that a stale
// holder can't release what has since been lent to somebody else.
func (b *Buf) Gen() uint32 { return b.gen.Load() }

// Release gives the buffer back and reports whether gen was its present use.
func (b *Buf) Release(gen uint32) bool {
	if !b.gen.CompareAndSwap(gen, gen+1) {
		return false
	}
	b.history.Note(invariant.Event{What: "released", N: b.N})
	p, a := b.pool, b.owner
	b.owner, b.N = nil, 0
	invariant.Poison(b.Data)
	p.free.Put(b)

	p.mu.Lock()
	p.out--
	a.held--
	kickSelf := a.short
	a.short = false
	other := p.pop()
	p.mu.Unlock()
	if kickSelf {
		a.Owner.Kick()
	}
	if other != nil && (other != a || !kickSelf) {
		other.Owner.Kick()
	}
	return true
}

// Forget says that a wants no buffer now. It may have been kicked for one
// already, so what is free is offered to the next: Forget may call the Kick of
// others, and must be called without any lock that one takes.
func (p *Pool) Forget(a *Account) {
	p.mu.Lock()
	a.short = false
	p.unlist(a)
	var next *Account
	if p.out < p.max {
		next = p.pop()
	}
	p.mu.Unlock()
	if next != nil {
		next.Owner.Kick()
	}
}

// unlist takes a off the list of starved accounts, if it is there.
func (p *Pool) unlist(a *Account) {
	if !a.starved {
		return
	}
	a.starved = false
	var prev *Account
	for o := p.starved; o != a; o = o.next {
		prev = o
	}
	if prev == nil {
		p.starved = a.next
	} else {
		prev.next = a.next
	}
	if p.last == a {
		p.last = prev
	}
	a.next = nil
}

func (p *Pool) enlist(a *Account) {
	if a.starved {
		return
	}
	a.starved = true
	if p.last == nil {
		p.starved = a
	} else {
		p.last.next = a
	}
	p.last = a
}

func (p *Pool) pop() *Account {
	a := p.starved
	if a == nil {
		return nil
	}
	p.starved = a.next
	if p.starved == nil {
		p.last = nil
	}
	a.next, a.starved = nil, false
	return a
}
