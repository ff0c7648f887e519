package winport_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"iocp/internal/driver"
)

func TestAcceptOneAtATime(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	var ops [3]*driver.Op
	for i := range ops {
		ops[i] = &driver.Op{Kind: driver.KindAccept}
		b.ok(l.Accept(ops[i]))
	}
	for i := range ops {
		conn := b.dial(l)
		b.expect(ops[i])
		if ops[i].Err != nil || ops[i].Accepted().RemoteAddr().String() != conn.LocalAddr().String() {
			t.Fatal(ops[i].Err)
		}
		b.echoOnce(ops[i].Accepted(), conn)
		b.ok(ops[i].Accepted().Close())
	}
}

// echoOnce shows that an accepted socket can be used in every way.
func (b *bench) echoOnce(s driver.Stream, conn net.Conn) {
	b.t.Helper()
	b.attach(s)
	conn.Write([]byte("ping"))
	op := recvOp(make([]byte, 8))
	b.ok(s.Recv(op))
	if b.expect(op); op.N != 4 {
		b.t.Fatal(op.N, op.Err)
	}
	b.ok(s.ShutdownSend())
	if n, _ := conn.Read(make([]byte, 1)); n != 0 {
		b.t.Fatal("no end of stream")
	}
}

func TestAcceptCancelAndClose(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	ops := [2]*driver.Op{{Kind: driver.KindAccept}, {Kind: driver.KindAccept}}
	b.ok(l.Accept(ops[0]))
	b.ok(l.Accept(ops[1]))
	if !l.Cancel(ops[0]) {
		t.Error("not found")
	}
	if b.expect(ops[0]); !errors.Is(ops[0].Err, driver.ErrAborted) {
		t.Error(ops[0].Err)
	}
	b.ok(l.Close())
	if b.expect(ops[1]); !errors.Is(ops[1].Err, net.ErrClosed) {
		t.Error(ops[1].Err)
	}
	if conn, err := net.DialTimeout("tcp", l.LocalAddr().String(), time.Second); err == nil {
		conn.Close()
		t.Error("a closed listener still takes connections")
	}
}

func TestTryAccept(t *testing.T) {
	b := newBench(t)
	l, err := b.port.Listen(loopback, driver.ListenOptions{Backlog: 4})
	b.ok(err)
	defer l.Close()
	if _, err := l.TryAccept(); !errors.Is(err, driver.ErrWouldBlock) {
		t.Fatal(err)
	}
	conn := b.dial(l)
	var s driver.Stream
	for deadline := time.Now().Add(bound); s == nil && time.Now().Before(deadline); {
		s, err = l.TryAccept()
	}
	b.ok(err)
	if s.RemoteAddr().String() != conn.LocalAddr().String() {
		t.Error(s.RemoteAddr())
	}
	b.echoOnce(s, conn)
	b.ok(s.Close())
}

// A connection that is reset before it is accepted is no failure of the
// listener.
func TestAcceptSurvivesReset(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	for range 4 {
		conn := b.dial(l).(*net.TCPConn)
		conn.SetLinger(0)
		conn.Close()
	}
	many := &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(l.Accept(many))
	good := b.dial(l)
	for {
		op := b.next()
		if op == many || op.Err != nil {
			t.Fatalf("the standing accept ended: %v", op.Err)
		}
		found := op.Accepted().RemoteAddr().String() == good.LocalAddr().String()
		op.Accepted().Close()
		op.Home().Recycle(op)
		if found {
			return
		}
	}
}

func TestAcceptMany(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	many := &driver.Op{Kind: driver.KindAcceptMany}
	many.SetKey("key")
	b.ok(l.Accept(many))
	const count = 100 // more than may be undequeued
	for range count {
		b.dial(l)
	}
	seen := map[string]bool{}
	var held []*driver.Op
	for range count {
		op := b.next()
		if op == many || op.Of() != many || op.Key() != "key" || !op.More || op.Err != nil || op.Accepted() == nil {
			t.Fatalf("%+v", op)
		}
		seen[op.Accepted().RemoteAddr().String()] = true
		op.Accepted().Close()
		if held = append(held, op); len(held) == 64 {
			b.quiet() // the rest stays with the kernel
			for _, op := range held {
				op.Home().Recycle(op)
			}
			held = nil
		}
	}
	if len(seen) != count {
		t.Errorf("%d peers", len(seen))
	}
	if !l.Cancel(many) {
		t.Error("not found")
	}
	if b.expect(many); many.More || !errors.Is(many.Err, driver.ErrAborted) {
		t.Error(many.More, many.Err)
	}
	for _, op := range held {
		op.Home().Recycle(op)
	}
	b.quiet()
	if b.port.InFlight() != 0 {
		t.Error(b.port.InFlight())
	}
}

// Connections that came before the cancel are reported before the end.
func TestAcceptManyCancelledWithConnections(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	many := &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(l.Accept(many))
	for range 5 {
		b.dial(l)
	}
	l.CancelAll()
	n := 0
	for op := b.next(); op != many; op = b.next() {
		op.Accepted().Close()
		op.Home().Recycle(op)
		n++
	}
	if !errors.Is(many.Err, driver.ErrAborted) {
		t.Error(many.Err)
	}
	t.Logf("%d connections before the end", n)
	b.quiet()
}

func TestAcceptManyClosed(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	many := &driver.Op{Kind: driver.KindAcceptMany}
	b.ok(l.Accept(many))
	b.ok(l.Close())
	if b.expect(many); many.More || !errors.Is(many.Err, net.ErrClosed) {
		t.Error(many.Err)
	}
	if err := l.Accept(many); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestListenErrors(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	if _, err := b.port.Listen(l.LocalAddr(), driver.ListenOptions{}); !errors.Is(err, driver.ErrAddrInUse) {
		t.Error(err)
	}
	if _, err := b.port.Listen(loopback, driver.ListenOptions{ReusePort: true}); !errors.Is(err, driver.ErrNotSupported) {
		t.Error(err)
	}
}
