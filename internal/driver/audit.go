package driver

import (
	"weak"

	"iocp/internal/invariant"
)

// audit is an op's part of the checked build: what has happened to it, which
// bytes a send has lent, and whether a list holds it. In other builds it has
// no size.
type audit struct {
	history invariant.History
	sent    invariant.Sum
	listed  invariant.Mark
}

// Lend is called once by the root for each op that it gives to a backend's
// method, before the call: everything is set, and no kernel can have touched
// the memory.
//
// In a checked build it fills the buffers of a receive with junk, so that
// nobody can rely on what was in them: while the operation is outstanding, nor
// afterwards behind the N bytes that came. That the backend then refuses the
// operation doesn't bring the old bytes back; an operation that the root
// refuses (ErrBusy, ErrShutdown and so on) doesn't come this far. The bytes of
// a send are watched until Reclaim.
func (op *Op) Lend() {
	if !invariant.Enabled {
		return
	}
	h := &op.audit.history
	if h.Moved() {
		h.Fail("an Op was copied after its first use")
	}
	h.Begin(invariant.Event{What: "submitted", Kind: op.Kind.String(), N: op.Len()})
	switch op.Kind {
	case KindRecv, KindRecvFrom, KindReadAt:
		for _, b := range op.Bufs() {
			invariant.Poison(b)
		}
	case KindSend, KindSendTo, KindWriteAt:
		op.audit.sent.Take(op.Bufs())
	case KindAccept, KindAcceptMany, KindConnect, KindRecvPooled, KindSendFile, KindPost, KindTimer:
		// without buffers of the caller's
	default:
		panic(op.Kind.Misplaced())
	}
}

// Decline is called by the root for an op that the backend has refused.
func (op *Op) Decline(err error) {
	op.audit.history.Note(invariant.Event{What: "refused", Err: err})
}

// Reclaim is called by the root for each op that is dequeued for the last time,
// before anything of it is reset. In a checked build it panics if the op
// wasn't outstanding, or if somebody wrote to what it was sending.
func (op *Op) Reclaim() {
	if !invariant.Enabled {
		return
	}
	h := &op.audit.history
	h.Note(invariant.Event{What: "dequeued", N: op.N, Err: op.Err})
	if !op.Pending.Load() {
		h.Fail("an operation was completed that isn't outstanding: its backend completed it twice, or the Op was overwritten")
	}
	if op.audit.sent.Changed() {
		h.Fail("a buffer was written to while a " + op.Kind.String() + " from it was outstanding")
	}
	if b := op.Buf(); b != nil {
		b.history.Begin(invariant.Event{What: "handed out", N: op.N})
	}
}

// join notes that a list takes the op.
func (op *Op) join() {
	if !op.audit.listed.Set() {
		op.audit.history.Fail("an operation was queued that is queued already: its backend completed it twice, or before its time")
	}
	op.audit.history.Note(invariant.Event{What: "queued", N: op.N, Err: op.Err})
}

// part notes that a list has given the op up.
func (op *Op) part() { op.audit.listed.Clear() }

// Loan is the part of a Buf on loan that all its copies share. It has no size but
// in a checked build.
type Loan = invariant.Loan

// Lend lends the buffer to whoever has dequeued it, who is to Repay it. In a
// checked build it is the end of the process if the Loan is garbage before that,
// unless the pool is closed by then.
func (b *Buf) Lend() (l Loan) {
	if invariant.Enabled {
		l, b.loan = b.loan, Loan{} // or it would never be garbage
		if l == (Loan{}) {
			l = b.pool.newLoan()
		}
		l.Begin(&b.history)
	}
	return l
}

func (p *Pool) newLoan() Loan {
	pool := weak.Make(p) // since a pool leads to sockets, and so to what holds Bufs
	return invariant.NewLoan("a Buf was never released, and is garbage now: its socket lacks it for good", func() bool {
		p := pool.Value()
		return p == nil || p.closed.Load()
	})
}

// Misused panics: the buffer was used by somebody who doesn't have it. In a
// checked build the panic tells its history.
func (b *Buf) Misused(how string) { b.history.Fail(how) }
