package sim

import (
	"net/netip"

	"iocp/internal/driver"
)

// How datagrams get from one UDP socket to another, if they do.

// cast sends over UDP, which tells its sender no more than that the datagram
// has left (C85). Who is there is looked up when it arrives.
func (d *datagram) cast(op *driver.Op) error {
	to := unmapped(op.Name().Addr)
	if !to.IsValid() {
		to = d.peer.Addr
	}
	longest := longestIPv4
	if to.Addr().Is6() {
		longest = longestIPv6
	}
	if op.Len() > longest {
		return errTooLong
	}
	if err := d.routed(to); err != nil {
		return err
	}
	if here := op.Name().Here; here.IsValid() && !here.IsLoopback() {
		return errNotAvail
	}
	m := d.write(op)
	m.from.Addr = d.source(to)
	if here := op.Name().Here; here.IsValid() {
		m.from.Addr = netip.AddrPortFrom(here, d.name.Addr.Port())
	}
	if !d.chance.strikes(rarelyDropped) {
		d.fly(to, m)
	}
	if d.chance.strikes(rarelyTwice) {
		d.fly(to, m)
	}
	return nil
}

// routed is why there is no way to an address, or nil.
func (d *datagram) routed(to netip.AddrPort) error {
	reaches := to.Addr().Is6() == d.v6 || d.v6 && d.name.Addr.Addr().IsUnspecified()
	if !reaches || !to.Addr().IsLoopback() {
		return errNoRoute
	}
	return nil
}

// source is the address that the receiver learns.
func (d *datagram) source(to netip.AddrPort) netip.AddrPort {
	at := d.name.Addr
	if !at.Addr().IsUnspecified() {
		return at
	}
	ip := netip.IPv6Loopback()
	if to.Addr().Is4() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(ip, at.Port())
}

// fly has a UDP datagram arrive, if there is somebody with room for it.
func (d *datagram) fly(to netip.AddrPort, m message) {
	d.deliver(!d.chance.rough, func() {
		if r := d.net.udp.at(to); r != nil && r.size <= r.room && r.listensTo(m.from.Addr) {
			m.from.Here = r.told(to.Addr())
			r.hears(m)
		}
	})
}

// told is what a socket learns of the address that a datagram came to.
func (d *datagram) told(ip netip.Addr) netip.Addr {
	if d.name.Addr.Addr().IsUnspecified() {
		return ip
	}
	return netip.Addr{}
}

// listensTo reports whether a UDP socket takes what comes from an address.
func (d *datagram) listensTo(from netip.AddrPort) bool {
	return !d.peer.Addr.IsValid() || d.peer.Addr == from
}

// unmapped has IPv4 be IPv4, however it is written.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
