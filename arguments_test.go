package iocp_test

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"iocp"
)

// What arguments alone decide is decided in the same way on every backend.
func TestArguments(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		a := newAuditor(t, backend)
		defer a.port.Close()
		four, six := netip.MustParseAddrPort("127.0.0.1:9"), netip.MustParseAddrPort("[::1]:9")
		mapped := netip.MustParseAddrPort("[::ffff:127.0.0.1]:9")
		s4, err := a.port.NewSocket(iocp.IPv4)
		a.associate(s4, err)
		s6, err := a.port.NewSocket(iocp.IPv6)
		a.associate(s6, err)
		d4, err := a.port.NewDatagram(anyPort)
		a.associate(d4, err)
		d6, err := a.port.NewDatagram(netip.MustParseAddrPort("[::1]:0"))
		a.associate(d6, err)
		connected, _ := a.streams()
		f, err := a.port.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_CREATE|os.O_RDWR, 0o600)
		a.associate(f, err)
		closed, err := a.port.NewSocket(iocp.IPv4)
		a.associate(closed, err)
		check(t, closed.Close())
		bound, err := a.port.NewSocket(iocp.IPv4)
		a.associate(bound, err)
		check(t, bound.Bind(anyPort))
		_, family := a.port.NewSocket(7)
		op := new(iocp.Op)
		for _, c := range []struct {
			call string
			err  error
			want error
		}{
			{"a socket of no family", family, iocp.ErrInvalid},
			{"connect, family", s4.Connect(op, six), iocp.ErrInvalid},
			{"connect, family", s6.Connect(op, four), iocp.ErrInvalid},
			{"connect, family", s6.Connect(op, mapped), iocp.ErrInvalid},
			{"connect, no address", s4.Connect(op, netip.AddrPort{}), iocp.ErrInvalid},
			{"bind, family", s4.Bind(six), iocp.ErrInvalid},
			{"bind, family", s6.Bind(four), iocp.ErrInvalid},
			{"bind, no address", s4.Bind(netip.AddrPort{}), iocp.ErrInvalid},
			{"bind, connected", connected.Bind(anyPort), iocp.ErrInvalid},
			{"bind, closed", closed.Bind(anyPort), net.ErrClosed},
			{"bind, twice", bound.Bind(anyPort), iocp.ErrInvalid},
			{"bind, nobody's", s4.Bind(netip.MustParseAddrPort("192.0.2.1:0")), iocp.ErrAddrNotAvail},
			{"connect, closed", closed.Connect(op, four), net.ErrClosed},
			{"sendto, family", d4.SendTo(op, six, nil), iocp.ErrInvalid},
			{"sendto, family", d6.SendTo(op, four, nil), iocp.ErrInvalid},
			{"sendto, family", d6.SendTo(op, mapped, nil), iocp.ErrInvalid},
			{"datagram connect, family", d4.Connect(six), iocp.ErrInvalid},
			{"datagram connect, family", d6.Connect(four), iocp.ErrInvalid},
			{"read, past all ends", f.ReadAt(op, make([]byte, 8), math.MaxInt64-1), iocp.ErrInvalid},
			{"write, past all ends", f.WriteAt(op, make([]byte, 8), math.MaxInt64-1), iocp.ErrInvalid},
			{"send, past all ends", connected.SendFile(op, f, math.MaxInt64-1, 8), iocp.ErrInvalid},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", c.call, c.err, c.want)
			}
		}
		both, err := a.port.NewDatagram(netip.MustParseAddrPort("[::]:0"))
		a.associate(both, err)
		for _, to := range []netip.AddrPort{four, six, mapped} {
			check(t, both.SendTo(op, to, []byte("x")))
			a.wait(1)
		}
		if n := a.port.Stats().InFlight; n != 0 {
			t.Errorf("%d refused operations are in flight", n)
		}
	})
}

// What handles say of their addresses before they have any, while they have
// them, and after Close.
func TestAddressesBeforeAndAfter(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		a := newAuditor(t, backend)
		defer a.port.Close()
		loose, err := a.port.NewSocket(iocp.IPv4)
		a.associate(loose, err)
		loose6, err := a.port.NewSocket(iocp.IPv6)
		a.associate(loose6, err)
		for _, s := range []*iocp.Socket{loose, loose6} {
			if s.Addr().IsValid() || s.RemoteAddr().IsValid() || s.Path() != "" {
				t.Errorf("a new socket is at %v, its peer at %v", s.Addr(), s.RemoteAddr())
			}
		}
		check(t, loose.Bind(anyPort))
		if got := loose.Addr().Addr(); got != anyPort.Addr() {
			t.Errorf("a bound socket is at %v, want %v", got, anyPort.Addr())
		}
		from, to := a.streams()
		for _, s := range []*iocp.Socket{from, to} {
			peer := s.RemoteAddr()
			if !s.Addr().IsValid() || !peer.IsValid() {
				t.Errorf("a connected socket is at %v, its peer at %v", s.Addr(), peer)
			}
			check(t, s.Close())
			if s.Addr().IsValid() || s.RemoteAddr() != peer {
				t.Errorf("a closed socket is at %v, its peer at %v; want nothing and %v", s.Addr(), s.RemoteAddr(), peer)
			}
		}
		l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
		a.associate(l, err)
		d, err := a.port.NewDatagram(anyPort)
		a.associate(d, err)
		for _, h := range []interface {
			Addr() netip.AddrPort
			Close() error
		}{l, d} {
			at := h.Addr()
			check(t, h.Close())
			if !at.IsValid() || at.Port() == 0 || h.Addr() != at {
				t.Errorf("%T is at %v, and closed at %v", h, at, h.Addr())
			}
		}
	})
}

// The same for the paths of Unix sockets.
func TestPathsBeforeAndAfter(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		dir := t.TempDir()
		l, err := p.ListenUnix(filepath.Join(dir, "l"), iocp.ListenConfig{})
		lacksUnix(t, err)
		d, err := p.NewUnixDatagram(filepath.Join(dir, "d"))
		lacksUnix(t, err)
		nameless, err := p.NewUnixDatagram("")
		check(t, err)
		if nameless.Path() != "" {
			t.Errorf("a socket without a name is at %q", nameless.Path())
		}
		check(t, nameless.ConnectUnix(d.Path()))
		for _, h := range []interface {
			Path() string
			Close() error
		}{l, d, nameless} {
			at := h.Path()
			check(t, h.Close())
			if at == "" || h.Path() != at {
				t.Errorf("%T is at %q, and closed at %q", h, at, h.Path())
			}
		}
	})
}

// Files that say that they are empty are sent up to where reading them ends,
// also those that the kernel can't splice.
func TestSendFileOfUnknownSize(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		for _, name := range []string{"/proc/self/environ", "/proc/version", "/dev/null"} {
			want, err := os.ReadFile(name)
			if err != nil {
				continue // another system
			}
			sendAll(t, backend, name, want)
		}
		empty := filepath.Join(t.TempDir(), "empty")
		check(t, os.WriteFile(empty, nil, 0o600))
		sendAll(t, backend, empty, nil)
	})
}

func sendAll(t *testing.T, backend, name string, want []byte) {
	t.Helper()
	a := newAuditor(t, backend)
	defer a.port.Close()
	f, err := a.port.OpenFile(name, os.O_RDONLY, 0)
	a.associate(f, err)
	if _, err := f.Size(); err != nil {
		return // a device that has none
	}
	from, to := a.streams()
	var send, recv, tail iocp.Op
	check(t, from.SendFile(&send, f, 0, -1))
	check(t, from.Send(&tail, []byte("tail")))
	var got []byte
	buf := make([]byte, 64<<10)
	check(t, to.Recv(&recv, buf))
	for sent := 0; sent < 2 || len(got) < len(want)+len("tail"); {
		c := a.wait(1)
		if c.Op != &recv {
			sent++
			if c.Op == &send && c.N != len(want) {
				t.Errorf("%s: %d bytes were sent, want %d", name, c.N, len(want))
			}
			continue
		}
		got = append(got, buf[:c.N]...)
		check(t, to.Recv(&recv, buf))
	}
	if string(got) != string(want)+"tail" {
		t.Errorf("%s: %d bytes came, which aren't the %d of the file and four more", name, len(got), len(want))
	}
}
