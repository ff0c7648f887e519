package portable

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"iocp/internal/driver"
)

func TestRefusedThenConnected(t *testing.T) {
	b := newBench(t)
	l := b.listen()
	addr := l.LocalAddr()
	b.must(l.Close())
	s, err := b.port.NewStream(false)
	b.must(err)
	b.must(s.Bind(loopback))
	b.must(s.Attach(b.port))
	op := &driver.Op{Kind: driver.KindConnect}
	b.must(s.Connect(op, addr))
	b.ends(op, 0, driver.ErrRefused)

	l = b.listen()
	op.ResetResult()
	b.must(s.Connect(op, l.LocalAddr()))
	b.ends(op, 0, nil)
	if s.RemoteAddr() != l.LocalAddr() || s.LocalAddr().Port() == 0 {
		t.Fatalf("connected from %v to %v", s.LocalAddr(), s.RemoteAddr())
	}
	if err := s.Connect(op, addr); !errors.Is(err, driver.ErrConnected) {
		t.Fatalf("connect of a connected stream: %v", err)
	}
}

// What package net brings at last, after it has tried again a few times, where
// nobody listens and the system chooses that very port for who connects.
func TestConnectedToOneself(t *testing.T) {
	b := newBench(t)
	for {
		err := b.connectToOneself()
		if errors.Is(err, driver.ErrRefused) {
			return
		}
		if !errors.Is(err, driver.ErrAddrInUse) { // by another process, meanwhile
			t.Fatal(err)
		}
	}
}

func (b *bench) connectToOneself() error {
	b.Helper()
	l := b.listen()
	to := l.LocalAddr()
	b.must(l.Close())
	d, err := b.port.NewStream(false)
	b.must(err)
	b.must(d.Attach(b.port))
	s, op := d.(*stream), &driver.Op{Kind: driver.KindConnect}
	s.mu.Lock()
	s.dial(op, func(ctx context.Context) (net.Conn, error) {
		own := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(to)}
		return own.DialContext(ctx, "tcp4", to.String())
	})
	s.mu.Unlock()
	b.next(op)
	if s.RemoteAddr().IsValid() {
		b.Errorf("connected to %v", s.RemoteAddr())
	}
	b.must(s.Close())
	return op.Err
}

// A connect on loopback may well have won before it is given up.
func TestConnectGivenUp(t *testing.T) {
	b := newBench(t)
	addr := b.listen().LocalAddr()
	for class, giveUp := range map[error]func(driver.Stream, *driver.Op){
		driver.ErrAborted: func(s driver.Stream, op *driver.Op) { s.Cancel(op) },
		net.ErrClosed:     func(s driver.Stream, _ *driver.Op) { s.Close() },
	} {
		for range 50 {
			s, err := b.port.NewStream(false)
			b.must(err)
			b.must(s.Attach(b.port))
			op := &driver.Op{Kind: driver.KindConnect}
			b.must(s.Connect(op, addr))
			giveUp(s, op)
			b.next(op)
			if op.Err != nil && !errors.Is(op.Err, class) {
				t.Fatalf("connect ended with %v, want %v or success", op.Err, class)
			}
			b.must(s.Close())
		}
	}
}

func TestBindRefusesWhatCannotBeHad(t *testing.T) {
	b := newBench(t)
	s, err := b.port.NewStream(false)
	b.must(err)
	for addr, class := range map[netip.AddrPort]error{
		b.listen().LocalAddr():                 driver.ErrAddrInUse,
		netip.MustParseAddrPort("192.0.2.1:0"): driver.ErrAddrNotAvail, // TEST-NET-1
		netip.MustParseAddrPort("[::1]:0"):     driver.ErrInvalid,
	} {
		if err := s.Bind(addr); !errors.Is(err, class) {
			t.Errorf("bind to %s: %v, want %v", addr, err, class)
		}
	}
	b.must(s.Bind(loopback))
	if err := s.Bind(loopback); !errors.Is(err, driver.ErrInvalid) {
		t.Errorf("second bind: %v, want %v", err, driver.ErrInvalid)
	}
}
