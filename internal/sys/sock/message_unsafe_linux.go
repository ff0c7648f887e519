package sock

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Message describes one datagram to the kernel: the name that it goes to or
// came from, and its bytes. The zero value is ready, and may be used again and
// again without an allocation. It must not be moved while the kernel has it.
type Message struct {
	hdr  unix.Msghdr
	iov  []unix.Iovec
	name unix.RawSockaddrAny
	info control
}

// SetBuffers points the message at all of bufs.
func (m *Message) SetBuffers(bufs [][]byte) {
	m.iov = m.iov[:0]
	for _, b := range bufs {
		v := unix.Iovec{Base: unsafe.SliceData(b)}
		v.SetLen(len(b))
		m.iov = append(m.iov, v)
	}
	m.hdr = unix.Msghdr{Iov: unsafe.SliceData(m.iov)}
	m.hdr.SetIovlen(len(m.iov))
}

// Len is how many bytes the buffers have.
func (m *Message) Len() int {
	n := 0
	for i := range m.iov {
		n += int(m.iov[i].Len)
	}
	return n
}

// control is room for one control message with an address: cmsg(3).
type control struct {
	hdr  unix.Cmsghdr
	info [unix.SizeofInet6Pktinfo + 4]byte // aligned as the header is
}

// WantHere has a receive tell which address of this machine the datagram came to,
// on a socket that has IP_PKTINFO (ip(7)) or IPV6_RECVPKTINFO (ipv6(7)).
func (m *Message) WantHere() { m.setControl(int(unsafe.Sizeof(m.info))) }

func (m *Message) setControl(n int) {
	m.hdr.Control = (*byte)(unsafe.Pointer(&m.info))
	m.hdr.SetControllen(n)
}

// Here is that address; invalid if it wasn't told.
func (m *Message) Here() netip.Addr {
	h := &m.info.hdr
	if m.hdr.Controllen < unix.SizeofCmsghdr {
		return netip.Addr{}
	}
	switch {
	case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO:
		return netip.AddrFrom4((*unix.Inet4Pktinfo)(unsafe.Pointer(&m.info.info)).Addr)
	case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO:
		info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&m.info.info))
		ip := netip.AddrFrom16(info.Addr).Unmap()
		if ip.IsLinkLocalUnicast() && ip.Is6() {
			ip = ip.WithZone(strconv.Itoa(int(info.Ifindex)))
		}
		return ip
	}
	return netip.Addr{}
}

// SetHere chooses the address that a datagram is sent from, for a socket of the
// given family.
func (m *Message) SetHere(ip netip.Addr, v6 bool) {
	m.info = control{}
	size := unix.SizeofInet4Pktinfo
	if v6 {
		size = unix.SizeofInet6Pktinfo
		m.info.hdr.Level, m.info.hdr.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
		info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&m.info.info))
		info.Addr = ip.As16()
		if zone, err := strconv.Atoi(ip.Zone()); err == nil {
			info.Ifindex = uint32(zone)
		}
	} else {
		m.info.hdr.Level, m.info.hdr.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		(*unix.Inet4Pktinfo)(unsafe.Pointer(&m.info.info)).Spec_dst = ip.As4()
	}
	m.info.hdr.SetLen(unix.CmsgLen(size))
	m.setControl(unix.CmsgSpace(size))
}

// Release forgets the buffers.
func (m *Message) Release() {
	clear(m.iov)
	m.hdr = unix.Msghdr{}
}

// Header is what a vectored system call takes.
func (m *Message) Header() *unix.Msghdr { return &m.hdr }

// Truncated reports whether the datagram received was larger than its buffers.
func (m *Message) Truncated() bool { return m.hdr.Flags&unix.MSG_TRUNC != 0 }

// WantName has a receive set the name.
func (m *Message) WantName() {
	m.name.Addr.Family = unix.AF_UNSPEC
	m.setName(unix.SizeofSockaddrAny)
}

// setName points the header at the name, whose length is n.
func (m *Message) setName(n int) {
	m.hdr.Name = (*byte)(unsafe.Pointer(&m.name))
	m.hdr.Namelen = uint32(n)
}

// SetAddr names an Internet address, for a socket of the given family.
func (m *Message) SetAddr(addr netip.AddrPort, v6 bool) {
	port := (*[2]byte)(unsafe.Pointer(&(*unix.RawSockaddrInet4)(unsafe.Pointer(&m.name)).Port))
	binary.BigEndian.PutUint16(port[:], addr.Port()) // in the same place in both families
	if !v6 {
		sa := (*unix.RawSockaddrInet4)(unsafe.Pointer(&m.name))
		sa.Family, sa.Addr = unix.AF_INET, addr.Addr().Unmap().As4()
		m.setName(unix.SizeofSockaddrInet4)
		return
	}
	sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&m.name))
	sa.Family, sa.Flowinfo, sa.Addr, sa.Scope_id = unix.AF_INET6, 0, addr.Addr().As16(), 0
	if zone, err := strconv.Atoi(addr.Addr().Zone()); err == nil {
		sa.Scope_id = uint32(zone)
	}
	m.setName(unix.SizeofSockaddrInet6)
}

// Addr is the Internet address of who sent the datagram; mapped IPv4 addresses
// come out as IPv4.
func (m *Message) Addr() netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&(*unix.RawSockaddrInet4)(unsafe.Pointer(&m.name)).Port))
	var ip netip.Addr
	switch m.name.Addr.Family {
	case unix.AF_INET:
		ip = netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(&m.name)).Addr)
	case unix.AF_INET6:
		sa := (*unix.RawSockaddrInet6)(unsafe.Pointer(&m.name))
		if ip = netip.AddrFrom16(sa.Addr).Unmap(); sa.Scope_id != 0 && ip.Is6() {
			ip = ip.WithZone(strconv.Itoa(int(sa.Scope_id)))
		}
	default:
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port[:]))
}

const pathAt = unsafe.Offsetof(unix.RawSockaddrUnix{}.Path)

// SetPath names a Unix socket; one that begins with @ is abstract, and needs no
// NUL behind it (unix(7)). It reports whether the path is short enough.
func (m *Message) SetPath(path string) bool {
	sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&m.name))
	room := unsafe.Slice((*byte)(unsafe.Pointer(&sa.Path[0])), len(sa.Path))
	abstract := path != "" && path[0] == '@'
	if len(path) > len(room) || len(path) == len(room) && !abstract {
		return false
	}
	sa.Family = unix.AF_UNIX
	n := copy(room, path)
	if abstract {
		room[0] = 0
	} else {
		room[n] = 0
		n++
	}
	m.setName(int(pathAt) + n)
	return true
}

// Path is the path of who sent the datagram, or empty if it has none.
func (m *Message) Path() string {
	sa := (*unix.RawSockaddrUnix)(unsafe.Pointer(&m.name))
	n := int(m.hdr.Namelen) - int(pathAt)
	if n <= 0 || m.name.Addr.Family != unix.AF_UNIX {
		return ""
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&sa.Path[0])), min(n, len(sa.Path)))
	if b[0] == 0 {
		return "@" + string(b[1:])
	}
	return unix.ByteSliceToString(b)
}

// RecvMessage receives one datagram without waiting.
func RecvMessage(fd int, m *Message) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	r, _, e := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_DONTWAIT)
	return result(r, e)
}

// SendMessage sends one datagram without waiting.
func SendMessage(fd int, m *Message) (int, syscall.Errno) {
	calls.Count(calls.Send)
	r, _, e := syscall.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return result(r, e)
}
