package winport_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"iocp/internal/driver"
)

func TestRefusedThenConnected(t *testing.T) {
	b := newBench(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	b.ok(err)
	addr := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	s := b.stream()
	b.ok(s.SetNoDelay(true))
	op := &driver.Op{Kind: driver.KindConnect}
	for range 2 {
		b.ok(s.Connect(op, addr))
		if b.expect(op); !errors.Is(op.Err, driver.ErrRefused) {
			t.Fatalf("refused: %v", op.Err)
		}
	}
	l, err = net.Listen("tcp4", "127.0.0.1:0")
	b.ok(err)
	defer l.Close()
	b.ok(s.Connect(op, netip.MustParseAddrPort(l.Addr().String())))
	if b.expect(op); op.Err != nil {
		t.Fatal(op.Err)
	}
	if err := s.Connect(op, addr); !errors.Is(err, driver.ErrConnected) {
		t.Error(err)
	}
	conn, err := l.Accept()
	b.ok(err)
	defer conn.Close()
	conn.Write([]byte("hi"))
	recv := recvOp(make([]byte, 4))
	b.ok(s.Recv(recv))
	if b.expect(recv); recv.N != 2 {
		t.Error(recv.N, recv.Err)
	}
}

// pendingConnect starts a connect that stays pending for a while, since the
// listener's queue is full.
func (b *bench) pendingConnect(s driver.Stream) *driver.Op {
	b.t.Helper()
	full, err := b.port.Listen(loopback, driver.ListenOptions{Backlog: 1})
	b.ok(err)
	b.t.Cleanup(func() { full.Close() })
	for range 16 {
		op := &driver.Op{Kind: driver.KindConnect}
		b.ok(b.stream().Connect(op, full.LocalAddr()))
		b.ok(b.me.Poll(100 * time.Millisecond))
		if b.take() == nil {
			op = &driver.Op{Kind: driver.KindConnect}
			b.ok(s.Connect(op, full.LocalAddr()))
			return op
		}
	}
	b.t.Skip("capability: a listener's queue doesn't fill up here")
	return nil
}

// A connect that was cancelled leaves a socket that can be connected, with the
// address that it was given.
func TestConnectAgainAfterCancel(t *testing.T) {
	b := newBench(t)
	l := b.listener()
	s := b.stream()
	b.ok(s.Bind(loopback))
	b.ok(s.SetNoDelay(true))
	from := s.LocalAddr()
	connect := b.pendingConnect(s)
	if !s.Cancel(connect) {
		t.Fatal("not found")
	}
	if b.expect(connect); !errors.Is(connect.Err, driver.ErrAborted) {
		t.Fatal(connect.Err)
	}
	connect.ResetResult()
	b.ok(s.Connect(connect, l.LocalAddr()))
	if b.expect(connect); connect.Err != nil || s.LocalAddr().Addr() != from.Addr() {
		t.Fatal(connect.Err, s.LocalAddr())
	}
}

func TestClosePendingConnect(t *testing.T) {
	b := newBench(t)
	s := b.stream()
	connect := b.pendingConnect(s)
	b.ok(s.Close())
	if b.expect(connect); !errors.Is(connect.Err, net.ErrClosed) {
		t.Error(connect.Err)
	}
}

func TestCloseWhileConnecting(t *testing.T) {
	b := newBench(t)
	s := b.stream()
	op := &driver.Op{Kind: driver.KindConnect}
	l := b.listener()
	b.ok(s.Connect(op, l.LocalAddr()))
	b.ok(s.Close())
	if b.expect(op); !errors.Is(op.Err, net.ErrClosed) {
		t.Errorf("%v", op.Err)
	}
}

func TestOptions(t *testing.T) {
	b := newBench(t)
	s, _ := b.pair()
	b.ok(s.SetNoDelay(true))
	b.ok(s.SetAbortive(true))
	b.ok(s.SetAbortive(false))
	b.ok(s.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: time.Second, Count: 3}))
	b.ok(s.SetKeepAlive(net.KeepAliveConfig{Enable: true}))
	b.ok(s.SetKeepAlive(net.KeepAliveConfig{}))
	b.ok(s.Close())
	if err := s.SetNoDelay(false); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestIPv6(t *testing.T) {
	b := newBench(t)
	l, err := b.port.Listen(netip.MustParseAddrPort("[::]:0"), driver.ListenOptions{})
	b.ok(err)
	b.attach(l)
	for _, to := range []string{"127.0.0.1", "::1"} {
		s, err := b.port.NewStream(true)
		b.ok(err)
		b.attach(s)
		accept, connect := &driver.Op{Kind: driver.KindAccept}, &driver.Op{Kind: driver.KindConnect}
		b.ok(l.Accept(accept))
		b.ok(s.Connect(connect, netip.AddrPortFrom(netip.MustParseAddr(to), l.LocalAddr().Port())))
		for range 2 {
			if op := b.next(); op.Err != nil {
				t.Fatal(op.Kind, op.Err)
			}
		}
		if a := accept.Accepted().RemoteAddr(); a != s.LocalAddr() || a.Addr().String() != to {
			t.Errorf("accepted from %v, connected from %v", a, s.LocalAddr())
		}
		accept.Accepted().Close()
	}
}
