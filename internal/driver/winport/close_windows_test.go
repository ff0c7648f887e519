package winport_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"iocp/internal/driver"
)

func TestCancelOneAndAll(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	var ops [3]*driver.Op
	for i := range ops {
		ops[i] = recvOp(make([]byte, 4))
		b.ok(s.Recv(ops[i]))
	}
	if !s.Cancel(ops[1]) {
		t.Fatal("not found")
	}
	if b.expect(ops[1]); !errors.Is(ops[1].Err, driver.ErrAborted) {
		t.Fatal(ops[1].Err)
	}
	if s.Cancel(ops[1]) {
		t.Error("cancelled twice")
	}
	peer.Write([]byte("data"))
	if b.expect(ops[0]); ops[0].N != 4 {
		t.Fatal(ops[0].N, ops[0].Err)
	}
	b.ok(s.Recv(ops[0]))
	if n := s.CancelAll(); n != 2 {
		t.Fatalf("cancelled %d of 2", n)
	}
	for _, op := range []*driver.Op{ops[2], ops[0]} {
		if b.expect(op); !errors.Is(op.Err, driver.ErrAborted) {
			t.Fatal(op.Err)
		}
	}
	if n := s.CancelAll(); n != 0 {
		t.Errorf("cancelled %d of none", n)
	}
	b.ok(s.Recv(ops[0])) // the socket can still be used
	peer.Write([]byte("more"))
	if b.expect(ops[0]); ops[0].N != 4 {
		t.Fatal(ops[0].N, ops[0].Err)
	}
	b.quiet()
}

func TestCloseWithPending(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	var ops [4]*driver.Op
	for i := range 3 {
		ops[i] = recvOp(make([]byte, 4))
		b.ok(s.Recv(ops[i]))
	}
	ops[3] = &driver.Op{Kind: driver.KindRecvPooled}
	b.ok(s.RecvPooled(ops[3])) // waits behind the others
	b.ok(s.Close())
	// The peer sees the end at once, whether or not somebody polls.
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("peer: %d, %v", n, err)
	}
	for i := range ops {
		if b.expect(ops[i]); !errors.Is(ops[i].Err, net.ErrClosed) {
			t.Fatal(ops[i].Err)
		}
	}
	b.quiet()
	if err := s.Recv(ops[0]); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if b.port.InFlight() != 0 {
		t.Error(b.port.InFlight())
	}
}

func TestCloseWithPendingSend(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	var ops [4]*driver.Op
	for i := range ops {
		ops[i] = sendOp(make([]byte, 8<<20)) // the peer doesn't read
		b.ok(s.Send(ops[i]))
	}
	b.ok(s.Close())
	closed := 0
	for i := range ops {
		b.expect(ops[i])
		if errors.Is(ops[i].Err, net.ErrClosed) {
			closed++
		} else if ops[i].Err != nil || ops[i].N != 8<<20 {
			t.Fatal(ops[i].N, ops[i].Err)
		}
	}
	if closed == 0 {
		t.Error("everything was sent to a peer that doesn't read")
	}
	b.quiet()
}

func TestAbortResetsThePeer(t *testing.T) {
	b := newBench(t)
	s, peer := b.ourPair()
	mine, theirs := recvOp(make([]byte, 4)), recvOp(make([]byte, 4))
	b.ok(s.Recv(mine))
	b.ok(peer.Recv(theirs))
	b.ok(s.Abort())
	for range 2 {
		switch op := b.next(); {
		case op == mine && !errors.Is(op.Err, net.ErrClosed):
			t.Errorf("here: %d, %v", op.N, op.Err)
		case op == theirs && !errors.Is(op.Err, driver.ErrReset):
			t.Errorf("there: %d, %v", op.N, op.Err)
		}
	}
}

func TestAbortWithPendingSend(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	ops := [2]*driver.Op{sendOp(make([]byte, 16<<20)), sendOp([]byte("behind"))}
	b.ok(s.Send(ops[0]))
	b.ok(s.Send(ops[1]))
	b.ok(s.Abort())
	for _, op := range ops {
		if b.expect(op); !errors.Is(op.Err, net.ErrClosed) {
			t.Error(op.N, op.Err)
		}
	}
}

func TestResetByPeer(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	pending := []*driver.Op{recvOp(make([]byte, 4)), recvOp(make([]byte, 4))}
	for _, op := range pending {
		b.ok(s.Recv(op))
	}
	peer.SetLinger(0)
	peer.Close()
	if b.expect(pending[0]); !errors.Is(pending[0].Err, driver.ErrReset) {
		t.Errorf("pending: %d, %v", pending[0].N, pending[0].Err)
	}
	if b.expect(pending[1]); pending[1].Err != nil && !errors.Is(pending[1].Err, driver.ErrReset) {
		t.Errorf("pending behind: %d, %v", pending[1].N, pending[1].Err)
	}
}

// A reset that comes while nothing is pending is no end of the stream.
func TestResetUnseen(t *testing.T) {
	b := newBench(t)
	for _, pooled := range []bool{false, true} {
		s, peer := b.ourPair()
		probe := recvOp(make([]byte, 1))
		b.ok(peer.Recv(probe))
		b.ok(s.Abort())
		b.expect(probe) // by now the reset is known to the socket
		op, start := recvOp(make([]byte, 4)), peer.Recv
		if pooled {
			op, start = &driver.Op{Kind: driver.KindRecvPooled}, peer.RecvPooled
		}
		err := start(op)
		if err == nil {
			err = b.expect(op).Err
		}
		if !errors.Is(err, driver.ErrReset) {
			t.Errorf("pooled %v: %v", pooled, err)
		}
	}
}
