package porttest

import (
	"fmt"
	"sync"

	"iocp"
)

// A ledger keeps account of a trial's operations, to find one that has no
// completion, or more than one.
type ledger struct {
	mu        sync.Mutex
	pending   map[*iocp.Op]bool
	anonymous int // packets posted without an Op and not yet dequeued

	accepted uint64
	packets  uint64
}

// begin enters an operation that is about to be started. It comes before the
// call, since the completion may be dequeued before the call has returned.
func (l *ledger) begin(op *iocp.Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	if op == nil {
		l.anonymous++
		return
	}
	if l.pending == nil {
		l.pending = make(map[*iocp.Op]bool)
	}
	l.pending[op] = true
}

// refused takes back what begin entered.
func (l *ledger) refused(op *iocp.Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted--
	if op == nil {
		l.anonymous--
		return
	}
	delete(l.pending, op)
}

// packet enters a completion. The error says that it is one too many.
func (l *ledger) packet(c iocp.Completion) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.packets++
	if c.Op == nil {
		if l.anonymous--; l.anonymous < 0 {
			return fmt.Errorf("a completion without an Op that nobody posted: %+v", c)
		}
		return nil
	}
	if !l.pending[c.Op] {
		return fmt.Errorf("a completion of an operation that wasn't outstanding: %+v", c)
	}
	if !c.More {
		delete(l.pending, c.Op)
	}
	return nil
}

// outstanding is how many operations have yet to complete.
func (l *ledger) outstanding() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending) + max(l.anonymous, 0)
}

// balance compares the account, at the end, with the ports' own.
func (l *ledger) balance(submitted, completed uint64) error {
	if n := l.outstanding(); n > 0 {
		return fmt.Errorf("%d accepted operations had no completion", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if submitted != l.accepted || completed != l.packets {
		return fmt.Errorf("accepted %d operations and dequeued %d packets, but the ports' Stats say %d and %d",
			l.accepted, l.packets, submitted, completed)
	}
	return nil
}
