package portable

import (
	"errors"
	"io"
	"net"
	"testing"

	"iocp/internal/driver"
)

func TestCloseWithPending(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	r1, r2 := recvOp(make([]byte, 4)), recvOp(make([]byte, 4))
	b.must(s.Recv(r1))
	b.must(s.Recv(r2))
	b.must(s.Close())
	b.ends(r1, 0, net.ErrClosed)
	b.ends(r2, 0, net.ErrClosed)
	if err := s.Recv(recvOp(make([]byte, 1))); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("receive on a closed stream: %v", err)
	}
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("the peer sees %d, %v; want the end of the stream", n, err)
	}
	b.quiet()
}

func TestCloseWithPendingSends(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	ops := b.fillUp(s)
	b.must(s.Close())
	for _, op := range ops {
		b.next(op)
		if op.Err != nil && op.Err != net.ErrClosed {
			t.Fatalf("a send ended with %v after Close", op.Err)
		}
	}
}

func TestResetIsLatched(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	r1, r2 := recvOp(make([]byte, 4)), recvOp(make([]byte, 4))
	b.must(s.Recv(r1))
	b.must(s.Recv(r2))
	b.must(peer.SetLinger(0))
	b.must(peer.Close())
	b.ends(r1, 0, driver.ErrReset)
	b.ends(r2, 0, driver.ErrReset)
	for range 2 {
		if err := s.Recv(recvOp(make([]byte, 4))); !errors.Is(err, driver.ErrReset) {
			t.Fatalf("receive after a reset: %v", err)
		}
		if err := s.Send(sendOp([]byte("x"))); !errors.Is(err, driver.ErrReset) {
			t.Fatalf("send after a reset: %v", err)
		}
	}
}

// The reset is reported by the system to one direction only, and to either.
func TestResetReachesBothDirections(t *testing.T) {
	for range 20 {
		b := newBench(t)
		s, peer := b.pair()
		r := recvOp(make([]byte, 4))
		b.must(s.Recv(r))
		sends := b.fillUp(s)
		b.must(peer.SetLinger(0))
		b.must(peer.Close())
		for range 1 + len(sends) {
			op := b.any()
			if op.Err == nil && op.Kind == driver.KindSend && op.N == op.Len() {
				continue
			}
			if !errors.Is(op.Err, driver.ErrReset) {
				t.Fatalf("%s ended with N %d, %v; want a reset", op.Kind, op.N, op.Err)
			}
		}
	}
}
