package echo

import (
	"errors"
	"time"

	"iocp"
	"iocp/routine"
)

// The ways in which the server on completion routines accepts connections.
const (
	AcceptPoll = "poll"
	AcceptOp   = "op"
)

const (
	turn          = 100 * time.Millisecond // the chapter's alertable wait
	acceptsInTurn = 64                     // at most, before connections get their turn
	acceptsArmed  = 8                      // pending at a time, to take bursts
)

// An acceptor has connections opened. Its accept says how long the thread may
// sleep before it is called again.
type acceptor interface {
	accept() (sleep time.Duration)
}

// polling accepts as the chapter does: without blocking, between alertable
// waits of 100 ms. So an idle server wakes up ten times a second, a busy one
// asks for connections after each wait, nearly always in vain, and a client
// that connects to an idle one waits 50 ms on average.
//
// The chapter takes one connection between two waits, so that the last of 20
// clients is served after 2 s, or later still when they don't fit into its
// backlog. Here all that wait are taken.
type polling struct{ s *routineServer }

func (p *polling) accept() time.Duration {
	for range acceptsInTurn {
		sock, err := p.s.ln.TryAccept()
		if errors.Is(err, iocp.ErrWouldBlock) {
			return turn
		}
		if err != nil {
			p.s.acceptFailed(err)
			return turn
		}
		p.s.failing = false
		p.s.open(sock)
	}
	return 0
}

// armed accepts by operations, whose routines run in the same waits as all
// others: nothing is asked in vain, an idle server sleeps, and a client is
// served when it connects. This is what polling should be replaced by.
type armed struct {
	s     *routineServer
	fn    routine.AcceptRoutine
	idle  []*routine.Op
	retry time.Time // not before, after a failure
}

func newArmed(s *routineServer) *armed {
	a := &armed{s: s}
	a.fn = a.accepted
	for range acceptsArmed {
		a.idle = append(a.idle, &routine.Op{})
	}
	return a
}

// accept arms what is idle.
func (a *armed) accept() time.Duration {
	if s := time.Until(a.retry); s > 0 {
		return s
	}
	for len(a.idle) > 0 {
		last := len(a.idle) - 1
		if err := a.s.ln.Accept(a.idle[last], a.fn); err != nil {
			a.failed(err)
			return acceptPause
		}
		a.idle = a.idle[:last]
	}
	return iocp.Infinite
}

func (a *armed) accepted(err error, sock *routine.Socket, op *routine.Op) {
	a.idle = append(a.idle, op)
	switch {
	case err == nil && a.s.stopping:
		sock.Close()
	case err == nil:
		a.s.failing = false
		a.s.open(sock)
	case !a.s.stopping:
		a.failed(err)
	}
}

func (a *armed) failed(err error) {
	a.s.acceptFailed(err)
	a.retry = time.Now().Add(acceptPause)
}
