package porttest

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// listenUDP is package net's, or a plain socket where package net's can't be
// had: Wine 8 lacks a control that net insists on.
func listenUDP(at netip.AddrPort) (udpConn, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err == nil || !underWine() {
		return conn, err
	}
	return newPlainUDP(at)
}

// plainUDP is a UDP socket made and used by blocking calls.
type plainUDP struct {
	sock  syscall.Handle
	close sync.Once
}

func newPlainUDP(at netip.AddrPort) (*plainUDP, error) {
	family := syscall.AF_INET
	if at.Addr().Is6() {
		family = syscall.AF_INET6
	}
	sock, err := syscall.Socket(family, syscall.SOCK_DGRAM, syscall.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := syscall.Bind(sock, plainName(at)); err != nil {
		syscall.Closesocket(sock)
		return nil, os.NewSyscallError("bind", err)
	}
	return &plainUDP{sock: sock}, nil
}

func plainName(a netip.AddrPort) syscall.Sockaddr {
	if a.Addr().Is4() {
		return &syscall.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &syscall.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func plainAddr(sa syscall.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func (u *plainUDP) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	var sent uint32
	buf := syscall.WSABuf{Len: uint32(len(b))}
	if len(b) > 0 {
		buf.Buf = &b[0]
	}
	err := syscall.WSASendto(u.sock, &buf, 1, &sent, 0, plainName(to), nil, nil)
	return int(sent), os.NewSyscallError("wsasendto", err)
}

func (u *plainUDP) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	var n, flags uint32
	var from syscall.RawSockaddrAny
	length := int32(112) // sizeof(from)
	buf := syscall.WSABuf{Len: uint32(len(b)), Buf: &b[0]}
	if err := syscall.WSARecvFrom(u.sock, &buf, 1, &n, &flags, &from, &length, nil, nil); err != nil {
		return 0, netip.AddrPort{}, os.NewSyscallError("wsarecvfrom", err)
	}
	sa, err := from.Sockaddr()
	return int(n), plainAddr(sa), err
}

func (u *plainUDP) LocalAddr() net.Addr {
	sa, _ := syscall.Getsockname(u.sock)
	return net.UDPAddrFromAddrPort(plainAddr(sa))
}

// SetDeadline bounds each receive rather than all.
func (u *plainUDP) SetDeadline(t time.Time) error {
	const receiveTimeout = 0x1006 // SO_RCVTIMEO, in milliseconds
	return syscall.SetsockoptInt(u.sock, syscall.SOL_SOCKET, receiveTimeout, int(time.Until(t)/time.Millisecond))
}

func (u *plainUDP) Close() error {
	u.close.Do(func() { syscall.Closesocket(u.sock) })
	return nil
}
