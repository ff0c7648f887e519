package readiness

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// portRange is IP_LOCAL_PORT_RANGE (Linux 6.3): from which ports the kernel
// chooses, the lowest in the lower half.
const portRange = 51

// caller is a stream for which the kernel can choose one port only.
func (b *bench) caller(v6 bool, port uint16) *stream {
	b.Helper()
	d, err := b.port.NewStream(v6)
	b.must(err)
	s := d.(*stream)
	b.Cleanup(func() { s.Close() })
	if err := unix.SetsockoptInt(s.fd(), unix.IPPROTO_IP, portRange, int(port)<<16|int(port)); err != nil {
		b.Skipf("capability: no socket can be told which ports to choose from: %v", err)
	}
	b.must(s.Attach(b.port))
	return s
}

// connected connects and gives the error that this ends with.
func (b *bench) connected(s *stream, to netip.AddrPort) error {
	b.Helper()
	op := &driver.Op{Kind: driver.KindConnect}
	b.must(s.Connect(op, to))
	b.until("a connect's end", func() bool {
		b.must(b.port.Poll(0))
		return len(b.hearers(op)) > 0
	})
	return op.Err
}

// deadPort is one where nobody listens.
func (b *bench) deadPort(ip string) netip.AddrPort {
	b.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		b.Skipf("capability: %v", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// Where nobody listens, and the kernel chooses that very port for who connects.
func TestConnectToOneself(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		b := newBench(t, Calls{})
		to := b.deadPort(ip)
		v6 := to.Addr().Is6()
		for _, bind := range []bool{false, true} {
			s := b.caller(v6, to.Port())
			if bind {
				b.must(s.Bind(netip.AddrPortFrom(to.Addr(), 0)))
			}
			if err := b.connected(s, to); !errors.Is(err, driver.ErrRefused) || s.RemoteAddr().IsValid() {
				t.Errorf("%s, bound %v: connected to %v, %v", to, bind, s.RemoteAddr(), err)
			}
			b.must(s.Close())
		}
		s := b.caller(v6, to.Port())
		b.must(s.Bind(to))
		if err := b.connected(s, to); err != nil || s.LocalAddr() != to || s.RemoteAddr() != to {
			t.Errorf("bound to %s and connected to it: %v, at %v", to, err, s.LocalAddr())
		}
	}
}

// After it the socket is as good as new.
func TestConnectedElsewhereAfterOneself(t *testing.T) {
	b := newBench(t, Calls{})
	to := b.deadPort("127.0.0.1")
	s := b.caller(false, to.Port())
	if err := b.connected(s, to); !errors.Is(err, driver.ErrRefused) {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	b.must(b.connected(s, ln.Addr().(*net.TCPAddr).AddrPort()))
}

// A port that the kernel chooses is taken for one peer, not for all, also where
// the address is chosen by Bind.
func TestPortForEachPeer(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		b := newBench(t, Calls{})
		own := b.deadPort(ip)
		for range 2 {
			ln, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
			b.must(err)
			defer ln.Close()
			s := b.caller(own.Addr().Is6(), own.Port())
			b.must(s.Bind(netip.AddrPortFrom(own.Addr(), 0)))
			if at := s.LocalAddr(); at.Addr() != own.Addr() || at.Port() != 0 {
				t.Errorf("bound to %v", at)
			}
			if err := s.Bind(netip.AddrPortFrom(own.Addr(), 0)); !errors.Is(err, driver.ErrInvalid) {
				t.Errorf("a second Bind: %v", err)
			}
			if err := b.connected(s, ln.Addr().(*net.TCPAddr).AddrPort()); err != nil || s.LocalAddr() != own {
				t.Errorf("connected from %v: %v", s.LocalAddr(), err)
			}
		}
	}
}
