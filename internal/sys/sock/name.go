//go:build linux || darwin || freebsd

package sock

import (
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// Sockaddr describes addr to a socket of the given family; an IPv4 address on
// an IPv6 socket is mapped.
func Sockaddr(addr netip.AddrPort, v6 bool) unix.Sockaddr {
	if ip := addr.Addr().Unmap(); ip.Is4() && !v6 {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	if zone, err := strconv.Atoi(addr.Addr().Zone()); err == nil {
		sa.ZoneId = uint32(zone)
	}
	return sa
}

// AddrPort reads a socket address; mapped IPv4 addresses come out as IPv4.
func AddrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 && ip.Is6() {
			ip = ip.WithZone(strconv.Itoa(int(sa.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// Path reads a Unix socket's name; empty if it has none.
func Path(sa unix.Sockaddr) string {
	if u, ok := sa.(*unix.SockaddrUnix); ok && u.Name != "@" {
		return u.Name
	}
	return ""
}
