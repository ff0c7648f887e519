// Package win declares what golang.org/x/sys/windows lacks of the Winsock and
// completion-port calls. Declarations only: each function is one system call,
// named as its manual names it.
package win

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SO_EXCLUSIVEADDRUSE is ~SO_REUSEADDR (winsock2.h).
const SO_EXCLUSIVEADDRUSE = ^windows.SO_REUSEADDR

// SO_REUSE_UNICASTPORT has bind leave the choice of an ephemeral port to connect
// (ws2def.h; from Windows 10 on).
const SO_REUSE_UNICASTPORT = 0x3007

// sioTCPInitialRTO is SIO_TCP_INITIAL_RTO: _WSAIOW(IOC_VENDOR, 17) (mstcpip.h).
const sioTCPInitialRTO = windows.IOC_IN | windows.IOC_VENDOR | 17

// tcpInitialRTO is TCP_INITIAL_RTO_PARAMETERS (mstcpip.h).
type tcpInitialRTO struct {
	rtt     uint16 // in milliseconds; all ones: as the system has it
	retries uint8  // of the SYN; 254: none at all, from Windows 10 1709 (16299) on
}

// fionbio is FIONBIO: _IOW('f', 126, u_long) (winsock2.h).
const fionbio = 0x8004667e

// AddrRoom is the room that AcceptEx needs for one address: "at least 16 bytes
// more than the maximum address length for the transport protocol in use".
const AddrRoom = 16 + unsafe.Sizeof(windows.RawSockaddrInet6{})

// NameRoom is the room for a socket's address of any family.
const NameRoom = int32(unsafe.Sizeof(windows.RawSockaddrAny{}))

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	ws2_32   = windows.NewLazySystemDLL("ws2_32.dll")

	procGetQueuedCompletionStatusEx = kernel32.NewProc("GetQueuedCompletionStatusEx")
	procAccept                      = ws2_32.NewProc("accept")
	procIoctlsocket                 = ws2_32.NewProc("ioctlsocket")
)

// OverlappedEntry is OVERLAPPED_ENTRY. The overlapped is an address only: it is
// what the kernel says, not yet something to be followed.
type OverlappedEntry struct {
	Key        uintptr
	Overlapped uintptr
	Internal   uintptr
	Bytes      uint32
}

// TCPKeepalive is struct tcp_keepalive (mstcpip.h); times in milliseconds.
type TCPKeepalive struct {
	OnOff    uint32
	Time     uint32
	Interval uint32
}

// TimedOut is WAIT_TIMEOUT as an error, made once: whoever only looks gets it each time.
var TimedOut error = windows.Errno(windows.WAIT_TIMEOUT)

// GetQueuedCompletionStatusEx removes packets from a port, not alertably, and
// tells how many entries it has filled.
func GetQueuedCompletionStatusEx(port windows.Handle, entries []OverlappedEntry, timeout uint32) (int, error) {
	var n uint32
	r1, _, e1 := syscall.SyscallN(procGetQueuedCompletionStatusEx.Addr(), uintptr(port),
		uintptr(unsafe.Pointer(unsafe.SliceData(entries))), uintptr(len(entries)),
		uintptr(unsafe.Pointer(&n)), uintptr(timeout), 0)
	switch {
	case r1 != 0:
		return int(n), nil
	case e1 == syscall.Errno(windows.WAIT_TIMEOUT):
		return 0, TimedOut
	}
	return 0, e1
}

// Accept is the plain accept, without an address.
func Accept(s windows.Handle) (windows.Handle, error) {
	r1, _, e1 := syscall.SyscallN(procAccept.Addr(), uintptr(s), 0, 0)
	if conn := windows.Handle(r1); conn != windows.InvalidHandle {
		return conn, nil
	}
	return windows.InvalidHandle, e1
}

// SetNonblock is ioctlsocket(FIONBIO), on.
func SetNonblock(s windows.Handle) error {
	arg := uint32(1)
	r1, _, e1 := syscall.SyscallN(procIoctlsocket.Addr(), uintptr(s), fionbio, uintptr(unsafe.Pointer(&arg)))
	if r1 != 0 {
		return e1
	}
	return nil
}

// SetControl is WSAIoctl with a BOOL to be set.
func SetControl(s windows.Handle, code uint32, on bool) error {
	var arg, n uint32
	if on {
		arg = 1
	}
	return windows.WSAIoctl(s, code, (*byte)(unsafe.Pointer(&arg)), uint32(unsafe.Sizeof(arg)), nil, 0, &n, nil, 0)
}

// SetKeepaliveVals is WSAIoctl(SIO_KEEPALIVE_VALS).
func SetKeepaliveVals(s windows.Handle, vals TCPKeepalive) error {
	var n uint32
	return windows.WSAIoctl(s, windows.SIO_KEEPALIVE_VALS, (*byte)(unsafe.Pointer(&vals)),
		uint32(unsafe.Sizeof(vals)), nil, 0, &n, nil, 0)
}

// SetSYNRetries is WSAIoctl(SIO_TCP_INITIAL_RTO).
func SetSYNRetries(s windows.Handle, retries uint8) error {
	var n uint32
	p := tcpInitialRTO{rtt: ^uint16(0), retries: retries}
	return windows.WSAIoctl(s, sioTCPInitialRTO, (*byte)(unsafe.Pointer(&p)),
		uint32(unsafe.Sizeof(p)), nil, 0, &n, nil, 0)
}

// UpdateAcceptContext is setsockopt(SO_UPDATE_ACCEPT_CONTEXT). The option's
// value is the listening socket.
func UpdateAcceptContext(s, listener windows.Handle) error {
	return windows.Setsockopt(s, windows.SOL_SOCKET, windows.SO_UPDATE_ACCEPT_CONTEXT,
		(*byte)(unsafe.Pointer(&listener)), int32(unsafe.Sizeof(listener)))
}

// UpdateConnectContext is setsockopt(SO_UPDATE_CONNECT_CONTEXT), which has no
// value.
func UpdateConnectContext(s windows.Handle) error {
	return windows.Setsockopt(s, windows.SOL_SOCKET, windows.SO_UPDATE_CONNECT_CONTEXT, nil, 0)
}

// SendNow is WSASend without OVERLAPPED: on a non-blocking socket it sends what there
// is room for, or fails with WSAEWOULDBLOCK. There must be a byte to send.
func SendNow(s windows.Handle, b []byte) (int, error) {
	buf := windows.WSABuf{Len: uint32(len(b)), Buf: &b[0]}
	var n uint32
	err := windows.WSASend(s, &buf, 1, &n, 0, nil, nil)
	return int(n), err
}
