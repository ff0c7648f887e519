package model

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"iocp"
)

// TestKernelFails has polling fail for good, sooner or later: every operation
// ends all the same, and after that Wait says why.
func TestKernelFails(t *testing.T) {
	for seed := range 50 {
		s := &storm{T: t}
		var err error
		s.port, err = iocp.New(iocp.Config{Backend: fmt.Sprintf("sim:%d:failing/model", seed)})
		s.must(err)
		s.untilFailure()
	}
}

func (s *storm) untilFailure() {
	w := s.port.Worker()
	defer w.Close()
	defer s.port.Close()
	l, err := s.port.Listen(anyPort, iocp.ListenConfig{})
	s.must(err)
	s.must(s.port.Associate(l, nil))
	pending := map[*iocp.Op]func(*iocp.Op) error{}
	start := func(op *iocp.Op, again func(*iocp.Op) error) {
		if again != nil && again(op) == nil {
			pending[op] = again
		}
	}
	talk := func(sock *iocp.Socket) {
		start(new(iocp.Op), func(op *iocp.Op) error { return sock.Recv(op, make([]byte, 100)) })
		start(new(iocp.Op), func(op *iocp.Op) error { return sock.Send(op, make([]byte, 1000)) })
	}
	start(new(iocp.Op), l.Accept)
	caller := s.socket()
	connect := new(iocp.Op)
	start(connect, func(op *iocp.Op) error { return caller.Connect(op, l.Addr()) })
	for {
		var c [1]iocp.Completion
		if _, err = w.Wait(c[:], patience); err != nil {
			break
		}
		again := pending[c[0].Op]
		delete(pending, c[0].Op)
		switch {
		case c[0].Err != nil && !errors.Is(c[0].Err, net.ErrClosed):
			s.Errorf("an operation ended with %v", c[0].Err)
		case c[0].Err != nil:
		case c[0].Op == connect:
			talk(caller)
		case c[0].Socket != nil:
			s.must(s.port.Associate(c[0].Socket, nil))
			talk(c[0].Socket)
		default:
			start(c[0].Op, again)
		}
	}
	if !errors.Is(err, iocp.ErrSystem) || len(pending) > 0 {
		s.Errorf("Wait says %v, and %d operations have not ended", err, len(pending))
	}
}
