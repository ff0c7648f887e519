package driver

import (
	"slices"
	"sync"
	"sync/atomic"

	"iocp/internal/invariant"
)

// Pool holds the buffers that RecvPooled completions bring. A buffer is taken
// when data is there, not when the receive is submitted, so idle sockets hold
// none. Two bounds keep a peer from eating memory: a socket may hold at most
// credit buffers not yet released, and all together at most max. A socket
// that meets either bound isn't read from until a buffer comes back.
//
// Its lock is for those who meet a bound, and for those who give buffers back
// while somebody waits for one.
type Pool struct {
	size   int
	max    int
	credit int
	free   sync.Pool
	wanted atomic.Bool // somebody waits for a buffer
	closed atomic.Bool

	_   [128]byte
	out atomic.Int64 // buffers taken and not yet given back; on a line of its own
	_   [128]byte

	mu      sync.Mutex
	short   int      // accounts refused for lack of credit
	starved []beggar // refused since all buffers were out, oldest first
	kicks   []Kicker // to be made: see kickAll
	kicking bool     // somebody makes them
}

// kicksMax is how many kicks somebody makes who gives a buffer back, at most.
const kicksMax = 64

// Account is one socket's share of a Pool.
type Account struct {
	held    atomic.Int32
	starved bool // among the pool's starved
	short   bool // refused for lack of credit
}

// beggar is who waits for a buffer.
type beggar struct {
	account *Account
	owner   Kicker
}

// Kicker is told that it is worth asking the pool again.
type Kicker interface {
	// Kick is called without any lock of the pool, from any goroutine, and
	// must not block. It may give buffers back; it isn't called again before
	// it has returned.
	Kick()
}

// Buf is one buffer of a Pool.
type Buf struct {
	Data    []byte // whole
	vec     [1][]byte
	N       int // bytes received
	history invariant.History
	loan    Loan // between two; used again so that it costs no allocation
	gen     atomic.Uint32
	pool    *Pool
	taker   beggar
}

// NewPool makes a pool of buffers of size bytes.
func NewPool(size, max, credit int) *Pool {
	return &Pool{size: size, max: max, credit: credit}
}

// Size is the length of each buffer.
func (p *Pool) Size() int { return p.size }

// Out is the number of buffers in use.
func (p *Pool) Out() int { return int(p.out.Load()) }

// Close says that the buffers that are out need not come back.
func (p *Pool) Close() { p.closed.Store(true) }

// Held is the number of accounts that wait for a buffer: those that have used up
// their credit, and those that could have one if not all were out.
func (p *Pool) Held() (credit, pool int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.short, len(p.starved)
}

// Get takes a buffer for a. When a bound is met it returns nil, and owner, whose
// account a is, is kicked when a buffer that could serve it has come back. One
// Get at a time may be under way for an account.
func (p *Pool) Get(a *Account, owner Kicker) *Buf {
	if p.wanted.Load() || !p.solvent(a) || !p.count() {
		if !p.countOrWait(a, owner) {
			return nil
		}
	}
	a.held.Add(1)
	b, _ := p.free.Get().(*Buf)
	if b == nil {
		b = &Buf{Data: make([]byte, p.size), pool: p}
		b.vec[0] = b.Data
	}
	b.taker = beggar{a, owner}
	return b
}

// solvent reports whether a's credit allows another buffer.
func (p *Pool) solvent(a *Account) bool { return int(a.held.Load()) < p.credit }

// count counts another buffer if there may be one.
func (p *Pool) count() bool {
	for {
		out := p.out.Load()
		if out >= int64(p.max) {
			return false
		}
		if p.out.CompareAndSwap(out, out+1) {
			return true
		}
	}
}

// countOrWait asks both, and has a that is refused kicked later. That somebody
// wants a buffer is said before the bounds are looked at, and Release looks for
// that after it has counted; so one of the two sees the other.
func (p *Pool) countOrWait(a *Account, owner Kicker) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted.Store(true)
	defer p.noteWanted()
	switch {
	case !p.solvent(a):
		if !a.short {
			a.short = true
			p.short++
		}
	case p.count():
		p.forget(a) // it may have asked for a reason other than a kick
		return true
	case !a.starved:
		a.starved = true
		p.starved = append(p.starved, beggar{a, owner})
	}
	return false
}

func (p *Pool) noteWanted() { p.wanted.Store(p.short > 0 || len(p.starved) > 0) }

// Vec is the whole buffer, as what a transfer fills.
func (b *Buf) Vec() [][]byte { return b.vec[:] }

// Gen is the buffer's present use; Release asks for it, so that a stale
// holder can't release what has since been lent to somebody else.
func (b *Buf) Gen() uint32 { return b.gen.Load() }

// Release gives back a buffer that wasn't lent: see Repay.
func (b *Buf) Release(gen uint32) bool { return b.Repay(gen, b.loan) }

// Repay gives back a buffer that was lent and reports whether gen was its present
// use.
func (b *Buf) Repay(gen uint32, l Loan) bool {
	if !b.gen.CompareAndSwap(gen, gen+1) {
		return false
	}
	b.history.Note(invariant.Event{What: "released", N: b.N})
	l.Over()
	b.loan = l
	p, taker := b.pool, b.taker
	b.taker, b.N = beggar{}, 0
	invariant.Poison(b.Data)
	p.free.Put(b)
	taker.account.held.Add(-1)
	p.out.Add(-1)
	if p.wanted.Load() {
		p.serve(taker)
	}
	return true
}

// serve kicks who may have use for the buffer that a taker has given back.
func (p *Pool) serve(taker beggar) {
	p.mu.Lock()
	self := taker.account.short
	p.restore(taker.account)
	other := p.next()
	p.noteWanted()
	if self {
		p.kicks = append(p.kicks, taker.owner)
	}
	if other.owner != nil && (other != taker || !self) {
		p.kicks = append(p.kicks, other.owner)
	}
	p.mu.Unlock()
	p.kickAll(kicksMax)
}

// Forget says that a wants no buffer now. It may have been kicked for one
// already, so what is free is offered to the next: Forget may call the Kick of
// others, and must be called without any lock that one takes.
func (p *Pool) Forget(a *Account) {
	p.mu.Lock()
	p.forget(a)
	if p.Out() < p.max {
		if next := p.next(); next.owner != nil {
			p.kicks = append(p.kicks, next.owner)
		}
	}
	p.noteWanted()
	p.mu.Unlock()
	p.kickAll(kicksMax)
}

// kickAll makes the kicks that are due, unless somebody does already. Who is
// kicked may have no use for the buffer, and gives it back, or forgets: then the
// next is due. As many may be as there are sockets, so that is a loop, not a kick
// within a kick; and one of its own after so many.
func (p *Pool) kickAll(most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kicking {
		return
	}
	p.kicking = true
	for n := 0; len(p.kicks) > 0; n++ {
		if n == most {
			p.kicking = false
			go p.kickAll(-1)
			return
		}
		k := p.kicks[0]
		p.kicks = slices.Delete(p.kicks, 0, 1) // there are one or two
		p.mu.Unlock()
		k.Kick()
		p.mu.Lock()
	}
	p.kicking = false
}

// forget takes a off those that wait. The caller holds mu.
func (p *Pool) forget(a *Account) {
	p.restore(a)
	if a.starved {
		a.starved = false
		p.starved = slices.DeleteFunc(p.starved, func(b beggar) bool { return b.account == a })
	}
}

// restore says that a isn't short of credit, or has been told that it isn't any
// more. The caller holds mu.
func (p *Pool) restore(a *Account) {
	if a.short {
		a.short = false
		p.short--
	}
}

// next takes the oldest off the starved, if there is one. The caller holds mu.
func (p *Pool) next() (b beggar) {
	if len(p.starved) == 0 {
		return b
	}
	b, p.starved[0] = p.starved[0], b
	if p.starved = p.starved[1:]; len(p.starved) == 0 {
		p.starved = nil
	}
	b.account.starved = false
	return b
}
