package portable

import (
	"bytes"
	"testing"

	"iocp/internal/driver"
)

func TestPooledWaitsForBuffers(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	msg := make([]byte, 5*b.pool.Size())
	for i := range msg {
		msg[i] = byte(i * 7)
	}
	_, err := peer.Write(msg)
	b.must(err)
	var got []byte
	var held []*driver.Buf
	op := &driver.Op{Kind: driver.KindRecvPooled}
	for len(got) < len(msg) {
		op.ResetResult()
		b.must(s.RecvPooled(op))
		if len(held) == 2 { // the socket's credit
			held[0].Release(held[0].Gen())
			held = held[1:]
		}
		b.next(op)
		b.must(op.Err)
		if op.N == 0 || op.N != op.Buf().N {
			t.Fatalf("N %d with a buffer of %d", op.N, op.Buf().N)
		}
		got = append(got, op.Buf().Data[:op.N]...)
		held = append(held, op.Buf())
	}
	if !bytes.Equal(got, msg) {
		t.Fatal("the data isn't what was sent")
	}
}

func TestCancelPooledThatWaitsForABuffer(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	var other driver.Account
	owner := &s.(*stream).recv
	x, y := b.pool.Get(&other, owner), b.pool.Get(&other, owner)
	_, err := peer.Write([]byte("abc"))
	b.must(err)
	op := &driver.Op{Kind: driver.KindRecvPooled}
	b.must(s.RecvPooled(op))
	if !s.Cancel(op) {
		t.Fatal("not found")
	}
	b.ends(op, 0, driver.ErrAborted)
	x.Release(x.Gen())
	y.Release(y.Gen())
	op.ResetResult()
	b.must(s.RecvPooled(op))
	b.next(op)
	if got := string(op.Buf().Data[:op.N]); got != "abc"[:op.N] {
		t.Fatalf("received %q after the cancel", got)
	}
}
