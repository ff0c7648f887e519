package winport

import (
	"net/netip"
	"strconv"

	"golang.org/x/sys/windows"
)

// sockaddr describes addr to a socket of the given family; an IPv4 address on
// an IPv6 socket is mapped.
func sockaddr(addr netip.AddrPort, v6 bool) windows.Sockaddr {
	if ip := addr.Addr().Unmap(); ip.Is4() && !v6 {
		return &windows.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	sa := &windows.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	if zone, err := strconv.Atoi(addr.Addr().Zone()); err == nil {
		sa.ZoneId = uint32(zone)
	}
	return sa
}

// wildcard is the unspecified address of a family, with any port.
func wildcard(v6 bool) windows.Sockaddr {
	if v6 {
		return &windows.SockaddrInet6{}
	}
	return &windows.SockaddrInet4{}
}

// fits reports whether a socket of the given family can use addr.
func fits(addr netip.AddrPort, v6 bool) bool { return v6 || addr.Addr().Unmap().Is4() }

// addrPort reads a socket address; mapped IPv4 addresses come out as IPv4.
func addrPort(sa windows.Sockaddr, err error) netip.AddrPort {
	if err != nil {
		return netip.AddrPort{}
	}
	switch sa := sa.(type) {
	case *windows.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *windows.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 && ip.Is6() {
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}
