package portnet

import (
	"os"
	"sync"
	"time"

	"iocp"
)

// half is one direction of a connection, or the accepting of a listener: one
// operation at a time, which a deadline or an end may wake. Its Op is reused, so it
// may be cancelled only while it is this operation's: that is what mu is for.
type half struct {
	turn sync.Mutex // whose call it is; held while that waits
	on   canceler
	op   iocp.Op

	done chan struct{} // told once for each operation that is over; then these are set:
	n    int
	err  error
	sock *iocp.Socket // an accept's

	mu       sync.Mutex
	pending  bool
	over     error // why nothing more is to be started; nil as long as it is
	expired  bool
	deadline time.Time // zero for none
	timer    *time.Timer
}

// canceler is a handle of the port, of which an operation can be given up.
type canceler interface{ Cancel(*iocp.Op) error }

func (h *half) init(on canceler) {
	h.on, h.done = on, make(chan struct{}, 1)
	h.op.Owner = h
}

// do carries one operation through. It returns only when the port has given back
// all that it was lent. That the operation was woken is iocp.ErrAborted: the next
// one tells why, or the deadline has been moved since and there is no reason any
// more. The caller has the turn.
func (h *half) do(start func(*iocp.Op) error) (int, error) {
	if err := h.begin(start); err != nil {
		return 0, err
	}
	<-h.done
	h.mu.Lock()
	h.pending = false
	h.mu.Unlock()
	return h.n, h.err
}

func (h *half) begin(start func(*iocp.Op) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.refusal()
	if err == nil {
		err = start(&h.op)
	}
	h.pending = err == nil
	return err
}

// ready is why nothing can be started now, or nil.
func (h *half) ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal()
}

func (h *half) refusal() error {
	switch {
	case h.over != nil:
		return h.over
	case h.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// completed is the operation's completion. It never waits: there is but one
// operation at a time.
func (h *half) completed(c *iocp.Completion) {
	h.n, h.err, h.sock = c.N, c.Err, c.Socket
	h.done <- struct{}{}
}

// end has nothing more be started, and wakes what is pending.
func (h *half) end(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = why
	if h.timer != nil {
		h.timer.Stop()
	}
	h.wake()
}

// wake gives up what is pending. It may be over already: then that is how it ended.
func (h *half) wake() {
	if h.pending {
		h.on.Cancel(&h.op)
	}
}

// setDeadline sets when operations expire, those pending too.
func (h *half) setDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over != nil {
		return h.over
	}
	h.deadline, h.expired = t, false
	if h.timer != nil {
		h.timer.Stop()
	}
	if !t.IsZero() {
		h.expire()
	}
	return nil
}

// expire takes note that the deadline has passed, or waits until it has.
func (h *half) expire() {
	switch left := time.Until(h.deadline); {
	case left <= 0:
		h.expired = true
		h.wake()
	case h.timer == nil:
		h.timer = time.AfterFunc(left, h.ring)
	default:
		h.timer.Reset(left)
	}
}

// ring is the timer's. It may come too early: for a deadline that has been moved
// since, or after the clock was set back.
func (h *half) ring() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over == nil && !h.deadline.IsZero() {
		h.expire()
	}
}
