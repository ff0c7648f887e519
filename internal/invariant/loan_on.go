//go:build race || invariants

package invariant

import (
	"runtime"
	"sync/atomic"
)

// Loan is shared by all copies of what was lent: when the last of them is
// garbage, nobody can give it back any more. The zero value watches nothing.
type Loan struct{ token *token }

// token is what the collector comes upon. It holds a pointer because the runtime
// may keep small things without pointers alive together.
type token struct{ terms *terms }

// terms are reachable for the runtime, and so must not lead to the token.
type terms struct {
	on      atomic.Bool
	wrong   string
	last    entry
	excused func() bool
}

// NewLoan makes a Loan that can begin again and again. When its last copy is
// garbage while it is on, and excused doesn't say that this is all right, wrong
// ends the process: a panic in a goroutine of the runtime's. excused must not
// keep anything alive that may hold the Loan.
func NewLoan(wrong string, excused func() bool) Loan {
	t := &token{&terms{wrong: wrong, excused: excused}}
	runtime.AddCleanup(t, (*terms).lost, t.terms)
	return Loan{t}
}

// Begin begins the loan: the panic will tell what h has noted last.
func (l Loan) Begin(h *History) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count > 0 {
		l.token.terms.last = h.ring[(h.count-1)%historyLen]
	}
	l.token.terms.on.Store(true)
}

// Over ends the loan.
func (l Loan) Over() {
	if l.token != nil {
		l.token.terms.on.Store(false)
	}
}

func (t *terms) lost() {
	if t.on.Load() && !t.excused() {
		panic("iocp: " + t.wrong + "\n\t" + t.last.String())
	}
}
