package portable

import (
	"errors"
	"net"
	"testing"

	"iocp/internal/driver"
)

func TestAcceptsAreServedInOrder(t *testing.T) {
	b := newBench(t)
	l := b.listen()
	var ops [3]driver.Op
	for i := range ops {
		ops[i].Kind = driver.KindAccept
		b.must(l.Accept(&ops[i]))
	}
	for i := range ops {
		peer := b.dial(l)
		b.ends(&ops[i], 0, nil)
		if got := ops[i].Accepted().RemoteAddr(); got != addrPort(peer.LocalAddr()) {
			t.Fatalf("accepted %v, dialled from %v", got, peer.LocalAddr())
		}
		b.must(ops[i].Accepted().Close())
	}
}

func TestCancelledAcceptLosesNoConnection(t *testing.T) {
	b := newBench(t)
	l := b.listen()
	op := &driver.Op{Kind: driver.KindAccept}
	b.must(l.Accept(op))
	if _, err := l.TryAccept(); err != driver.ErrWouldBlock {
		t.Fatalf("TryAccept beside a pending accept: %v", err)
	}
	if !l.Cancel(op) {
		t.Fatal("not found")
	}
	b.ends(op, 0, driver.ErrAborted)
	if _, err := l.TryAccept(); err != driver.ErrWouldBlock {
		t.Fatalf("TryAccept without a connection: %v", err)
	}
	peer := b.dial(l)
	s, err := l.TryAccept()
	b.must(err)
	if s.RemoteAddr() != addrPort(peer.LocalAddr()) {
		t.Fatalf("accepted %v, dialled from %v", s.RemoteAddr(), peer.LocalAddr())
	}
	b.must(s.Close())
}

func TestAcceptManyIsBounded(t *testing.T) {
	b := newBench(t)
	l := b.listen()
	op := &driver.Op{Kind: driver.KindAcceptMany}
	op.SetKey("key")
	b.must(l.Accept(op))
	const extra = 5
	for range driver.UndequeuedMax + extra {
		b.dial(l)
	}
	nodes := make(map[*driver.Op]bool)
	take := func() *driver.Op {
		node := b.any()
		if !node.More || node.Of() != op || node.Key() != "key" || node.Kind != op.Kind || node.Accepted() == nil {
			t.Fatalf("bad completion of a standing accept: %+v", node)
		}
		b.must(node.Accepted().Close())
		nodes[node] = true
		return node
	}
	var out []*driver.Op
	for range driver.UndequeuedMax {
		out = append(out, take())
	}
	b.quiet()
	for range extra {
		node := out[0]
		out = out[1:]
		node.Home().Recycle(node)
		out = append(out, take())
	}
	if len(nodes) != driver.UndequeuedMax {
		t.Fatalf("%d nodes in use, want %d", len(nodes), driver.UndequeuedMax)
	}
	if !l.Cancel(op) {
		t.Fatal("not found")
	}
	b.ends(op, 0, driver.ErrAborted)
	if op.More {
		t.Fatal("the last completion says that there are more")
	}
}

func TestCloseListener(t *testing.T) {
	b := newBench(t)
	l := b.listen()
	many, one := &driver.Op{Kind: driver.KindAcceptMany}, &driver.Op{Kind: driver.KindAccept}
	b.must(l.Accept(many))
	b.must(l.Accept(one))
	b.must(l.Close())
	b.ends(many, 0, net.ErrClosed)
	b.ends(one, 0, net.ErrClosed)
	if _, err := l.TryAccept(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("TryAccept on a closed listener: %v", err)
	}
	again, err := b.port.Listen(l.LocalAddr(), driver.ListenOptions{})
	b.must(err)
	b.must(again.Close())
}
