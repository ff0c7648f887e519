package win

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Message is a WSAMSG with what it points at, but for the buffers. It must stay
// where it is while the kernel has it.
type Message struct {
	msg  windows.WSAMsg
	name windows.RawSockaddrAny
	info control
}

// control is a control message with an address, aligned as its header is, and
// room for others, which nobody has asked for.
type control struct {
	hdr    windows.WSACMSGHDR
	info   [24]byte // an IN6_PKTINFO
	others [88]byte
}

const controlHeader = unsafe.Sizeof(windows.WSACMSGHDR{})

// TellHere is setsockopt(IP_PKTINFO), or (IPV6_PKTINFO) and that as well, for the
// sake of IPv4 on a socket for both.
func TellHere(s windows.Handle, v6 bool) error {
	if v6 {
		if err := windows.SetsockoptInt(s, windows.IPPROTO_IPV6, windows.IPV6_PKTINFO, 1); err != nil {
			return err
		}
	}
	return windows.SetsockoptInt(s, windows.IPPROTO_IP, windows.IP_PKTINFO, 1)
}

func (m *Message) point(bufs []windows.WSABuf, name int32, control uintptr) {
	m.msg = windows.WSAMsg{
		Name:        (*syscall.RawSockaddrAny)(unsafe.Pointer(&m.name)),
		Namelen:     name,
		Buffers:     &bufs[0],
		BufferCount: uint32(len(bufs)),
		Control:     windows.WSABuf{Len: uint32(control), Buf: (*byte)(unsafe.Pointer(&m.info))},
	}
}

// Receive is WSARecvMsg.
func (m *Message) Receive(s windows.Handle, bufs []windows.WSABuf, ov *windows.Overlapped) error {
	m.point(bufs, NameRoom, unsafe.Sizeof(m.info))
	return windows.WSARecvMsg(s, &m.msg, nil, ov, nil)
}

// From is who sent what was received.
func (m *Message) From() (windows.Sockaddr, error) { return m.name.Sockaddr() }

// Here is the address that it came to; invalid if that wasn't told.
func (m *Message) Here() netip.Addr {
	h := &m.info.hdr
	switch {
	case uintptr(m.msg.Control.Len) < controlHeader:
	case h.Level == windows.IPPROTO_IP && h.Type == windows.IP_PKTINFO:
		return netip.AddrFrom4((*windows.IN_PKTINFO)(unsafe.Pointer(&m.info.info)).Addr)
	case h.Level == windows.IPPROTO_IPV6 && h.Type == windows.IPV6_PKTINFO:
		info := (*windows.IN6_PKTINFO)(unsafe.Pointer(&m.info.info))
		ip := netip.AddrFrom16(info.Addr).Unmap()
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(strconv.Itoa(int(info.Ifindex)))
		}
		return ip
	}
	return netip.Addr{}
}

// Send is WSASendMsg from an address of this machine, on a socket of the given
// family.
func (m *Message) Send(s windows.Handle, bufs []windows.WSABuf, from netip.Addr, to netip.AddrPort, v6 bool, ov *windows.Overlapped) error {
	m.info = control{}
	if from.Is4() {
		(*windows.IN_PKTINFO)(unsafe.Pointer(&m.info.info)).Addr = from.As4()
		m.head(windows.IPPROTO_IP, windows.IP_PKTINFO, unsafe.Sizeof(windows.IN_PKTINFO{}))
	} else {
		info := (*windows.IN6_PKTINFO)(unsafe.Pointer(&m.info.info))
		info.Addr, info.Ifindex = from.As16(), zone(from)
		m.head(windows.IPPROTO_IPV6, windows.IPV6_PKTINFO, unsafe.Sizeof(windows.IN6_PKTINFO{}))
	}
	const align = unsafe.Sizeof(uintptr(0)) - 1
	m.point(bufs, m.address(to, v6), (m.info.hdr.Len+align)&^align)
	return windows.WSASendMsg(s, &m.msg, 0, nil, ov, nil)
}

func (m *Message) head(level, kind int32, size uintptr) {
	m.info.hdr = windows.WSACMSGHDR{Len: controlHeader + size, Level: level, Type: kind}
}

// address writes whom a datagram goes to, and gives its length.
func (m *Message) address(to netip.AddrPort, v6 bool) int32 {
	if !v6 {
		sa := (*windows.RawSockaddrInet4)(unsafe.Pointer(&m.name))
		*sa = windows.RawSockaddrInet4{Family: windows.AF_INET, Addr: to.Addr().Unmap().As4()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], to.Port())
		return int32(unsafe.Sizeof(*sa))
	}
	sa := (*windows.RawSockaddrInet6)(unsafe.Pointer(&m.name))
	*sa = windows.RawSockaddrInet6{Family: windows.AF_INET6, Addr: to.Addr().As16(), Scope_id: zone(to.Addr())}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], to.Port())
	return int32(unsafe.Sizeof(*sa))
}

func zone(ip netip.Addr) uint32 {
	n, _ := strconv.ParseUint(ip.Zone(), 10, 32)
	return uint32(n)
}
