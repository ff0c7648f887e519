package sim

import "net/netip"

// names are the addresses of one protocol: which port numbers are taken, and
// what is bound to them. The network's lock guards them.
type names[T any] struct {
	taken map[uint16]bool
	last  uint16 // the ephemeral port number given last
	bound map[netip.AddrPort]T
}

// firstEphemeral is the first port number that is given to who asks for any.
const firstEphemeral = 49152

func newNames[T any]() names[T] {
	return names[T]{
		taken: make(map[uint16]bool),
		last:  firstEphemeral - 1,
		bound: make(map[netip.AddrPort]T),
	}
}

// take takes an address for a socket: it has any port if it asks for 0.
func (n *names[T]) take(addr netip.AddrPort) (netip.AddrPort, error) {
	ip := addr.Addr().Unmap()
	if !ip.IsLoopback() && !ip.IsUnspecified() {
		return netip.AddrPort{}, errNotAvail
	}
	number := addr.Port()
	if number == 0 {
		number = n.ephemeral()
	}
	if number == 0 || n.taken[number] {
		return netip.AddrPort{}, errInUse
	}
	n.taken[number] = true
	return netip.AddrPortFrom(ip, number), nil
}

// free gives an address back.
func (n *names[T]) free(at netip.AddrPort) {
	delete(n.bound, at)
	delete(n.taken, at.Port())
}

// ephemeral finds a free port number; 0 if there is none.
func (n *names[T]) ephemeral() uint16 {
	for range 1<<16 - firstEphemeral {
		if n.last++; n.last < firstEphemeral {
			n.last = firstEphemeral
		}
		if !n.taken[n.last] {
			return n.last
		}
	}
	return 0
}

// at finds what is bound to an address, or to all addresses; nil if nothing is.
func (n *names[T]) at(addr netip.AddrPort) (found T) {
	for _, ip := range []netip.Addr{addr.Addr(), netip.IPv6Unspecified(), netip.IPv4Unspecified()} {
		s, ok := n.bound[netip.AddrPortFrom(ip, addr.Port())]
		if ok && (addr.Addr().Is4() || ip != netip.IPv4Unspecified()) {
			return s
		}
	}
	return found
}
