package portable

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"iocp/internal/driver"
)

func TestEcho(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	_, err := peer.Write([]byte("hello"))
	b.must(err)
	buf := make([]byte, 16)
	in := recvOp(buf)
	b.must(s.Recv(in))
	b.ends(in, 5, nil)
	out := sendOp(buf[:2], nil, buf[2:5])
	b.must(s.Send(out))
	b.ends(out, 5, nil)
	got := make([]byte, 5)
	_, err = io.ReadFull(peer, got)
	b.must(err)
	if string(got) != "hello" {
		t.Fatalf("echo of hello is %q", got)
	}
}

// fillUp sends more than the system takes, so that the last send is stuck
// with a part of it sent, and the others wait behind it.
func (b *bench) fillUp(s driver.Stream) []*driver.Op {
	b.Helper()
	var ops []*driver.Op
	for range 4 {
		op := sendOp(make([]byte, 16<<20))
		ops = append(ops, op)
		b.must(s.Send(op))
	}
	return ops
}

func TestCancelHalfSent(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	ops := b.fillUp(s)
	if n := s.CancelAll(); n == 0 {
		t.Fatal("no send was pending")
	}
	for _, op := range ops {
		b.next(op)
		if op.Err == nil && op.N != op.Len() {
			t.Fatalf("a send succeeded with %d of its bytes", op.N)
		}
		if op.Err != nil && !errors.Is(op.Err, driver.ErrAborted) {
			t.Fatalf("a cancelled send ended with %v", op.Err)
		}
	}
	if last := ops[len(ops)-1]; last.Err == nil {
		t.Fatal("the system took it all: the test is too small")
	}
}

func TestShutdownAfterQueuedSends(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	var want []byte
	var ops []*driver.Op
	for i := range 20 {
		part := bytes.Repeat([]byte{byte(i)}, 100_000)
		want = append(want, part...)
		op := sendOp(part[:10], part[10:])
		ops = append(ops, op)
		b.must(s.Send(op))
	}
	b.must(s.ShutdownSend())
	if err := s.Send(sendOp([]byte("x"))); !errors.Is(err, driver.ErrShutdown) {
		t.Fatalf("send after the shutdown: %v", err)
	}
	got, err := io.ReadAll(peer)
	b.must(err)
	if !bytes.Equal(got, want) {
		t.Fatalf("the peer got %d bytes, not the %d sent", len(got), len(want))
	}
	for _, op := range ops {
		b.ends(op, 100_000, nil)
	}
}
