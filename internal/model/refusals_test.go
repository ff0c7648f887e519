package model

import (
	"errors"
	"net"

	"iocp"
)

// limit is what may be refused for want of memory.
func (p *program) limit() []error {
	if p.rough {
		return []error{iocp.ErrLimit}
	}
	return nil
}

// refusals are the errors with which a transfer on a socket may be refused now.
func (p *program) refusals(e *end) []error {
	errs := p.limit()
	if e.closed {
		errs = append(errs, net.ErrClosed)
	}
	if p.mayReset(e) {
		errs = append(errs, iocp.ErrReset)
	}
	return errs
}

// ruledOut is what a transfer on the socket must be refused with, in a direction
// that may be shut; nil if nothing that was told so far rules it out.
func (e *end) ruledOut(shut bool) error {
	switch {
	case e.closed:
		return net.ErrClosed
	case e.reset:
		return iocp.ErrReset
	case !e.up:
		return iocp.ErrNotConnected
	case shut:
		return iocp.ErrShutdown
	case e.loose:
		return iocp.ErrNotAssociated
	}
	return nil
}

// instead is ruledOut's error, and what may come in its place if a worker may
// have dequeued a packet that the program hasn't seen.
func (p *program) instead(e *end, must error) []error {
	if p.behind && errors.Is(must, iocp.ErrShutdown) && p.mayReset(e) {
		return []error{must, iocp.ErrReset}
	}
	return []error{must}
}

// mayReset reports whether the connection may have been reset: the other end
// is closed, or its connect was given up, or it isn't known.
func (p *program) mayReset(e *end) bool {
	return p.rough || e.reset || e.peer == nil || e.peer.closed || !e.peer.up || p.closed
}

// refused checks a refusal.
func (p *program) refused(o *operation, err error, allowed []error) {
	for _, class := range allowed {
		if errors.Is(err, class) {
			return
		}
	}
	p.Fatalf("%s refused: %v, which nothing explains", o, err)
}
