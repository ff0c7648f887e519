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

	mu            sync.Mutex
	creditWaiters int        // accounts that wait for one of their own buffers to come back
	bufferWaiters []borrower // those that wait for any, since all were out; oldest first
	kicks         []Kicker   // to be made: see kickAll
	kicking       bool       // somebody makes them
}

// kicksMax is how many kicks somebody makes who gives a buffer back, at most.
const kicksMax = 64

// Account is one socket's share of a Pool: how many buffers it has that aren't
// released, and what it waits for. The latter changes with the pool's mu held.
type Account struct{ word atomic.Uint32 }

const (
	waitsForCredit uint32 = 1 << 31 // refused: it has used up its credit
	waitsForBuffer uint32 = 1 << 30 // refused: all buffers were out
	heldMask              = waitsForBuffer - 1
)

func (a *Account) held() int { return int(a.word.Load() & heldMask) }

func (a *Account) waits(why uint32) bool { return a.word.Load()&why != 0 }

func (a *Account) wait(why uint32) { a.word.Or(why) }

// stop says that the account doesn't wait for that, and reports whether it did.
func (a *Account) stop(why uint32) (did bool) { return a.word.And(^why)&why != 0 }

// borrower is who has a buffer, or waits for one.
type borrower struct {
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
	taker   borrower
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
	return p.creditWaiters, len(p.bufferWaiters)
}

// Get takes a buffer for a. When a bound is met it returns nil, and owner, whose
// account a is, is kicked when a buffer that could serve it has come back. One
// Get at a time may be under way for an account.
func (p *Pool) Get(a *Account, owner Kicker) *Buf {
	if p.wanted.Load() || !p.credits(a) || !p.count() {
		if !p.countOrWait(a, owner) {
			return nil
		}
	}
	a.word.Add(1)
	b, _ := p.free.Get().(*Buf)
	if b == nil {
		b = &Buf{Data: make([]byte, p.size), pool: p}
		b.vec[0] = b.Data
	}
	b.taker = borrower{a, owner}
	return b
}

// credits reports whether a's credit allows another buffer.
func (p *Pool) credits(a *Account) bool { return a.held() < p.credit }

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
	case !p.credits(a):
		if !a.waits(waitsForCredit) {
			a.wait(waitsForCredit)
			p.creditWaiters++
		}
	case p.count():
		p.forget(a) // it may have asked for a reason other than a kick
		return true
	case !a.waits(waitsForBuffer):
		a.wait(waitsForBuffer)
		p.bufferWaiters = append(p.bufferWaiters, borrower{a, owner})
	}
	return false
}

func (p *Pool) noteWanted() { p.wanted.Store(p.creditWaiters > 0 || len(p.bufferWaiters) > 0) }

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
	b.taker, b.N = borrower{}, 0
	invariant.Poison(b.Data)
	p.free.Put(b)
	taker.account.word.Add(^uint32(0))
	p.out.Add(-1)
	if p.wanted.Load() {
		p.serve(taker)
	}
	return true
}

// serve kicks who may have use for the buffer that a taker has given back.
func (p *Pool) serve(taker borrower) {
	p.mu.Lock()
	self := p.creditBack(taker.account)
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
	p.creditBack(a)
	if a.stop(waitsForBuffer) {
		p.bufferWaiters = slices.DeleteFunc(p.bufferWaiters, func(b borrower) bool { return b.account == a })
	}
}

// creditBack says that a doesn't wait for credit, since it has some or has given up.
// It reports whether it did wait. The caller holds mu.
func (p *Pool) creditBack(a *Account) (did bool) {
	if did = a.stop(waitsForCredit); did {
		p.creditWaiters--
	}
	return did
}

// next takes the oldest of those that wait for any buffer. The caller holds mu.
func (p *Pool) next() (b borrower) {
	if len(p.bufferWaiters) == 0 {
		return b
	}
	b, p.bufferWaiters[0] = p.bufferWaiters[0], b
	if p.bufferWaiters = p.bufferWaiters[1:]; len(p.bufferWaiters) == 0 {
		p.bufferWaiters = nil
	}
	b.account.stop(waitsForBuffer)
	return b
}
