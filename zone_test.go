package iocp_test

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"iocp"
)

// loopbackInterface is the system's, by its name and number.
func loopbackInterface(t *testing.T) net.Interface {
	all, err := net.Interfaces()
	check(t, err)
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return i
		}
	}
	t.Skip("capability: no loopback interface")
	panic("unreachable")
}

// linkLocal is an address of this machine that is complete only with its zone,
// by name and by number.
func linkLocal(t *testing.T) (name, number netip.Addr) {
	all, err := net.Interfaces()
	check(t, err)
	for _, i := range all {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err == nil && prefix.Addr().IsLinkLocalUnicast() && prefix.Addr().Is6() && i.Flags&net.FlagUp != 0 {
				ip := prefix.Addr()
				return ip.WithZone(i.Name), ip.WithZone(strconv.Itoa(i.Index))
			}
		}
	}
	t.Skip("capability: no interface has a link-local IPv6 address")
	panic("unreachable")
}

// A zone that is no interface's is told as such, by everything that takes an
// address, and one that is gets as far as the kernel: which doesn't have the
// address on that interface, rather than missing the zone.
func TestUnknownZone(t *testing.T) {
	lo := loopbackInterface(t)
	onBackends(t, func(t *testing.T, backend string) {
		a := newAuditor(t, backend)
		defer a.port.Close()
		s, err := a.port.NewSocket(iocp.IPv6)
		a.associate(s, err)
		d, err := a.port.NewDatagram(netip.MustParseAddrPort("[::]:0"))
		a.associate(d, err)
		nowhere := netip.MustParseAddrPort("[fe80::5%nosuch0]:9")
		_, listen := a.port.Listen(nowhere, iocp.ListenConfig{})
		_, socket := a.port.NewDatagram(nowhere)
		for call, err := range map[string]error{
			"listen": listen, "socket": socket, "bind": s.Bind(nowhere),
			"connect": s.Connect(new(iocp.Op), nowhere), "datagram connect": d.Connect(nowhere),
			"sendto": d.SendTo(new(iocp.Op), nowhere, nil),
		} {
			if !errors.Is(err, iocp.ErrAddrNotAvail) || !strings.Contains(err.Error(), `no network interface "nosuch0"`) {
				t.Errorf("%s: %v, want ErrAddrNotAvail and the zone's name", call, err)
			}
		}
		for _, zone := range []string{lo.Name, strconv.Itoa(lo.Index)} {
			there := netip.AddrPortFrom(netip.MustParseAddr("fe80::5").WithZone(zone), 0)
			if _, err := a.port.Listen(there, iocp.ListenConfig{}); !errors.Is(err, iocp.ErrAddrNotAvail) {
				t.Errorf("listening at %v: %v, want ErrAddrNotAvail", there, err)
			}
			if _, err := a.port.NewDatagram(there); !errors.Is(err, iocp.ErrAddrNotAvail) {
				t.Errorf("a datagram socket at %v: %v, want ErrAddrNotAvail", there, err)
			}
		}
	})
}

// Zones may be names or numbers, and are names in what comes back.
func TestZones(t *testing.T) {
	name, number := linkLocal(t)
	onBackends(t, func(t *testing.T, backend string) {
		for _, ip := range []netip.Addr{name, number} {
			zoneStream(t, backend, ip, name)
			zoneDatagram(t, backend, ip, name)
		}
	})
}

func zoneStream(t *testing.T, backend string, ip, name netip.Addr) {
	t.Helper()
	a := newAuditor(t, backend)
	defer a.port.Close()
	l, err := a.port.Listen(netip.AddrPortFrom(ip, 0), iocp.ListenConfig{})
	a.associate(l, err)
	s, err := a.port.NewSocket(iocp.IPv6)
	a.associate(s, err)
	check(t, s.Bind(netip.AddrPortFrom(ip, 0)))
	var accept, connect iocp.Op
	check(t, l.Accept(&accept))
	check(t, s.Connect(&connect, netip.AddrPortFrom(ip, l.Addr().Port())))
	var accepted *iocp.Socket
	for range 2 {
		if c := a.wait(1); c.Socket != nil {
			accepted = c.Socket
		}
	}
	for _, addr := range []netip.AddrPort{l.Addr(), s.Addr(), s.RemoteAddr(), accepted.Addr(), accepted.RemoteAddr()} {
		if addr.Addr() != name {
			t.Errorf("an address is %v, want it at %v", addr, name)
		}
	}
	if s.RemoteAddr() != l.Addr() || accepted.RemoteAddr() != s.Addr() {
		t.Errorf("%v is connected to %v, and %v accepted %v", s.Addr(), s.RemoteAddr(), l.Addr(), accepted.RemoteAddr())
	}
}

func zoneDatagram(t *testing.T, backend string, ip, name netip.Addr) {
	t.Helper()
	a := newAuditor(t, backend)
	defer a.port.Close()
	d, err := a.port.NewDatagram(netip.AddrPortFrom(ip, 0))
	a.associate(d, err)
	to := netip.AddrPortFrom(ip, d.Addr().Port())
	var recv, send iocp.Op
	for range 2 {
		check(t, d.RecvFrom(&recv, make([]byte, 1)))
		check(t, d.SendTo(&send, to, []byte("x")))
		for range 2 {
			if c := a.wait(1); c.Op == &recv && (c.From != d.Addr() || c.From.Addr() != name) {
				t.Errorf("the datagram is from %v, want %v at %v", c.From, d.Addr(), name)
			} else if c.Op == &recv {
				to = c.From // the answer
			}
		}
	}
	check(t, d.Connect(to))
}
