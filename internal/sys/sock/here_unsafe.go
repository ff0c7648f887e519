//go:build linux || darwin || freebsd

package sock

import (
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TellHere has receives of a socket tell which address of this machine a datagram
// came to.
func TellHere(fd int, v6 bool) error {
	if v6 {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IP, tellHere4, 1)
}

// hereIn is the address in a control message; invalid if there is none.
func hereIn(told []byte) netip.Addr {
	if len(told) == 0 {
		return netip.Addr{}
	}
	h, data, _, err := unix.ParseOneSocketControlMessage(told)
	switch {
	case err != nil:
	case h.Level == unix.IPPROTO_IP && h.Type == here4 && len(data) >= hereSize4:
		return netip.AddrFrom4([4]byte(data[cameTo4:][:4]))
	case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
		info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0]))
		ip := netip.AddrFrom16(info.Addr).Unmap()
		if ip.IsLinkLocalUnicast() && ip.Is6() {
			ip = ip.WithZone(strconv.Itoa(int(info.Ifindex)))
		}
		return ip
	}
	return netip.Addr{}
}

// putHere puts a control message into room that chooses the address a datagram is
// sent from, for a socket of the given family, and reports how long it is.
func putHere(room []byte, ip netip.Addr, v6 bool) int {
	clear(room)
	if !v6 {
		from := ip.As4()
		copy(putControl(room, unix.IPPROTO_IP, sentFrom4, hereSize4)[sentFromAt4:], from[:])
		return unix.CmsgSpace(hereSize4)
	}
	data := putControl(room, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
	info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0]))
	info.Addr = ip.As16()
	if zone, err := strconv.Atoi(ip.Zone()); err == nil {
		info.Ifindex = uint32(zone)
	}
	return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
}

// putControl begins a control message, and gives the room for its data (cmsg(3)).
func putControl(room []byte, level, kind int32, size int) (data []byte) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&room[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(size))
	return room[unix.CmsgLen(0):][:size]
}
