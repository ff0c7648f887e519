package portable

import (
	"bytes"
	"testing"

	"iocp/internal/driver"
)

func TestEndOfStreamIsRepeated(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	b.must(peer.CloseWrite())
	for range 3 {
		op := recvOp(make([]byte, 4))
		b.must(s.Recv(op))
		b.ends(op, 0, nil)
	}
	empty, pooled := recvOp(nil), &driver.Op{Kind: driver.KindRecvPooled}
	b.must(s.Recv(empty))
	b.ends(empty, 0, nil)
	b.must(s.RecvPooled(pooled))
	b.ends(pooled, 0, nil)
	if pooled.Buf() != nil {
		t.Fatal("the end of the stream came with a buffer")
	}
}

func TestPendingReceivesAreFilledInOrder(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	var ops []*driver.Op
	var bufs [][]byte
	for range 8 {
		buf := make([]byte, 1)
		ops, bufs = append(ops, recvOp(buf)), append(bufs, buf)
		b.must(s.Recv(ops[len(ops)-1]))
	}
	_, err := peer.Write([]byte("abcdefgh"))
	b.must(err)
	for _, op := range ops {
		b.ends(op, 1, nil)
	}
	if got := bytes.Join(bufs, nil); string(got) != "abcdefgh" {
		t.Fatalf("received %q", got)
	}
}

func TestSeveralBuffersArePacked(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	_, err := peer.Write([]byte("abcdef"))
	b.must(err)
	// The first receive sees to it that all has arrived.
	first := recvOp(nil)
	b.must(s.Recv(first))
	b.ends(first, 0, nil)
	x, y, z := make([]byte, 2), make([]byte, 3), make([]byte, 4)
	op := recvOp(x, nil, y, z)
	b.must(s.Recv(op))
	b.next(op)
	if got := string(x) + string(y) + string(z[:1]); op.N != 6 || got != "abcdef" {
		t.Fatalf("N %d, %q", op.N, got)
	}
}

func TestCancelQueuedAndHead(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	buf := make([]byte, 4)
	head, queued, last := recvOp(make([]byte, 4)), recvOp(make([]byte, 4)), recvOp(buf)
	for _, op := range []*driver.Op{head, queued, last} {
		b.must(s.Recv(op))
	}
	if !s.Cancel(queued) {
		t.Fatal("the queued receive wasn't found")
	}
	b.ends(queued, 0, driver.ErrAborted)
	if s.Cancel(queued) {
		t.Fatal("a receive that is over was found")
	}
	if !s.Cancel(head) {
		t.Fatal("the oldest receive wasn't found")
	}
	b.ends(head, 0, driver.ErrAborted)
	_, err := peer.Write([]byte("data"))
	b.must(err)
	b.ends(last, 4, nil)
	if string(buf) != "data" {
		t.Fatalf("received %q after the cancels", buf)
	}
	if s.CancelAll() != 0 {
		t.Fatal("operations found on an idle stream")
	}
}

func TestCancelAllKeepsOrder(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	var ops []*driver.Op
	for range 5 {
		op := recvOp(make([]byte, 1))
		ops = append(ops, op)
		b.must(s.Recv(op))
	}
	if n := s.CancelAll(); n != len(ops) {
		t.Fatalf("CancelAll found %d of %d", n, len(ops))
	}
	for _, op := range ops {
		b.ends(op, 0, driver.ErrAborted)
	}
}

func TestZeroLengthConsumesNothing(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	empty, buf := recvOp([]byte{}), make([]byte, 8)
	b.must(s.Recv(empty))
	b.quiet()
	_, err := peer.Write([]byte("intact"))
	b.must(err)
	b.ends(empty, 0, nil)
	again := recvOp(nil, nil)
	b.must(s.Recv(again))
	b.ends(again, 0, nil)
	got := 0
	for got < 6 {
		op := recvOp(buf[got:])
		b.must(s.Recv(op))
		b.next(op)
		b.must(op.Err)
		got += op.N
	}
	if string(buf[:got]) != "intact" {
		t.Fatalf("received %q", buf[:got])
	}
}
