package portable

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// tellHere has receives of a socket tell which address a datagram came to.
func tellHere(raw syscall.RawConn, v6 bool) error {
	return control(raw, "setsockopt", func(fd int) error {
		if v6 {
			return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	})
}

// cameTo is the address in control messages; invalid if there is none.
func cameTo(told []byte) netip.Addr {
	if len(told) == 0 {
		return netip.Addr{}
	}
	h, data, _, err := unix.ParseOneSocketControlMessage(told)
	switch {
	case err != nil:
	case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
		return netip.AddrFrom4([4]byte(data[8:12])) // ipi_addr
	case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
		ip := netip.AddrFrom16([16]byte(data[:16])).Unmap() // ipi6_addr
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.FormatUint(uint64(binary.NativeEndian.Uint32(data[16:20])), 10)) // ipi6_ifindex
		}
		return ip
	}
	return netip.Addr{}
}

// sentFrom is a control message that chooses where a datagram is sent from.
func sentFrom(here netip.Addr, v6 bool) []byte {
	if v6 {
		return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: here.As16(), Ifindex: zone(here)})
	}
	return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: here.As4()})
}
