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

// withPort tries with one port after another where nobody listens, until no other
// process of the machine has to do with it: try's error says whether that is so.
func (b *bench) withPort(ip string, try func(port netip.AddrPort) error) error {
	b.Helper()
	var err error
	for range 100 {
		err = try(b.deadPort(ip))
		if !errors.Is(err, driver.ErrAddrNotAvail) && !errors.Is(err, driver.ErrAddrInUse) {
			break
		}
	}
	return err
}

// Where nobody listens, and the kernel chooses that very port for who connects.
func TestConnectToOneself(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		b := newBench(t, Calls{})
		for _, bind := range []bool{false, true} {
			err := b.withPort(ip, func(to netip.AddrPort) error {
				s := b.caller(to.Addr().Is6(), to.Port())
				if bind {
					b.must(s.Bind(netip.AddrPortFrom(to.Addr(), 0)))
				}
				err := b.connected(s, to)
				if s.RemoteAddr().IsValid() {
					t.Errorf("%s, bound %v: connected to %v", to, bind, s.RemoteAddr())
				}
				b.must(s.Close())
				return err
			})
			if !errors.Is(err, driver.ErrRefused) {
				t.Errorf("%s, bound %v: %v", ip, bind, err)
			}
		}
		b.must(b.withPort(ip, func(to netip.AddrPort) error {
			s := b.caller(to.Addr().Is6(), to.Port())
			if err := s.Bind(to); err != nil {
				return err
			}
			if err := b.connected(s, to); err != nil || s.LocalAddr() != to || s.RemoteAddr() != to {
				t.Errorf("bound to %s and connected to it: %v, at %v", to, err, s.LocalAddr())
			}
			return nil
		}))
	}
}

// After it the socket is as good as new.
func TestConnectedElsewhereAfterOneself(t *testing.T) {
	b := newBench(t, Calls{})
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	b.must(b.withPort("127.0.0.1", func(to netip.AddrPort) error {
		s := b.caller(false, to.Port())
		if err := b.connected(s, to); !errors.Is(err, driver.ErrRefused) {
			return err
		}
		return b.connected(s, ln.Addr().(*net.TCPAddr).AddrPort())
	}))
}

// A port that the kernel chooses is taken for one peer, not for all, also where
// the address is chosen by Bind.
func TestPortForEachPeer(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		b := newBench(t, Calls{})
		b.must(b.withPort(ip, func(own netip.AddrPort) error {
			for range 2 {
				if err := b.connectedFrom(own); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// connectedFrom connects to somebody new, with an address of which Bind is told
// and a port that the kernel chooses. The connection stays.
func (b *bench) connectedFrom(own netip.AddrPort) error {
	b.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(own.Addr().String(), "0"))
	b.must(err)
	b.Cleanup(func() { ln.Close() })
	s := b.caller(own.Addr().Is6(), own.Port())
	b.must(s.Bind(netip.AddrPortFrom(own.Addr(), 0)))
	if at := s.LocalAddr(); at.Addr() != own.Addr() || at.Port() != 0 {
		b.Errorf("bound to %v", at)
	}
	if err := s.Bind(netip.AddrPortFrom(own.Addr(), 0)); !errors.Is(err, driver.ErrInvalid) {
		b.Errorf("a second Bind: %v", err)
	}
	err = b.connected(s, ln.Addr().(*net.TCPAddr).AddrPort())
	if err == nil && s.LocalAddr() != own {
		b.Errorf("connected from %v", s.LocalAddr())
	}
	return err
}
