package routine

import (
	"sync/atomic"

	"iocp"
)

// Routine is a completion routine (LPWSAOVERLAPPED_COMPLETION_ROUTINE): how
// the operation ended, how many bytes it transferred, and its Op, which is the
// caller's again and may be used for the next operation at once.
type Routine func(err error, n int, op *Op)

// AcceptRoutine is the completion routine of an accept. The socket belongs to
// the listener's thread; it is nil if there is an error.
type AcceptRoutine func(err error, s *Socket, op *Op)

// Op is one outstanding operation (OVERLAPPED). The zero value is ready. The
// caller owns it and may embed it in a struct of its own; from the call that
// starts an operation until its routine starts to run it belongs to the
// thread. An Op must not be copied after its first use.
type Op struct {
	// Owner leads a routine to the caller's own struct: what the hEvent field
	// of an OVERLAPPED is free for when there is a routine (C122).
	Owner any

	op      iocp.Op
	pending atomic.Bool // from the start until the routine runs
	end     outcome
}

// outcome is what to call in the end: one of the routines.
type outcome struct {
	routine Routine
	accept  AcceptRoutine
}

// Pending reports whether the operation was started and its routine hasn't
// begun to run. It is for assertions and displays.
func (op *Op) Pending() bool { return op.pending.Load() }

// take takes an idle Op for an operation.
func (op *Op) take(verb string, end outcome) error {
	if op == nil || end.routine == nil && end.accept == nil {
		return &iocp.OpError{Op: verb, Err: iocp.ErrInvalid}
	}
	if op.pending.Swap(true) {
		return &iocp.OpError{Op: verb, Err: iocp.ErrBusy}
	}
	op.end = end
	op.op.Owner = op
	return nil
}

// unless gives the Op back if the operation was refused.
func (op *Op) unless(err error) error {
	if err != nil {
		op.idle()
	}
	return err
}

func (op *Op) idle() {
	op.end = outcome{}
	op.pending.Store(false)
}

// A finish is a routine with its arguments.
type finish struct {
	outcome
	err  error
	n    int
	sock *Socket
}

// settle makes the Op the caller's again and says what is to run.
func (op *Op) settle(t *Thread, c iocp.Completion) finish {
	f := finish{outcome: op.end, err: c.Err, n: c.N}
	if c.Socket != nil {
		f.sock, f.err = t.own(c.Socket)
	}
	op.idle()
	return f
}

func (f finish) run(op *Op) {
	if f.accept != nil {
		f.accept(f.err, f.sock, op)
		return
	}
	f.routine(f.err, f.n, op)
}

// begin claims thread and Op for an operation; began says how it went.
func (t *Thread) begin(verb string, op *Op, end outcome) error {
	t.claim()
	err := op.take(verb, end)
	if err != nil {
		t.release()
	}
	return err
}

func (t *Thread) began(op *Op, err error) error {
	err = op.unless(err)
	t.release()
	return err
}
