//go:build linux || darwin || freebsd

package sock

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// plainMessage is one datagram, as golang.org/x/sys sends and receives it: the name
// that it goes to or came from, and its bytes. The zero value is ready, and may be
// used again and again.
type plainMessage struct {
	bufs  [][]byte
	to    unix.Sockaddr // nil: whom the socket is connected to
	here  [64]byte      // a control message with an address of this machine
	told  int           // so many bytes of it there are, or may be
	from  unix.Sockaddr
	flags int
}

// SetBuffers points the message at all of bufs.
func (m *plainMessage) SetBuffers(bufs [][]byte) { *m = plainMessage{bufs: bufs} }

// Len is how many bytes the buffers have.
func (m *plainMessage) Len() (n int) {
	for _, b := range m.bufs {
		n += len(b)
	}
	return n
}

// WantHere has a receive tell which address of this machine the datagram came to,
// on a socket for which TellHere has been called.
func (m *plainMessage) WantHere() { m.told = len(m.here) }

// Here is that address; invalid if it wasn't told.
func (m *plainMessage) Here() netip.Addr { return hereIn(m.here[:m.told]) }

// SetHere chooses the address that a datagram is sent from, for a socket of the
// given family.
func (m *plainMessage) SetHere(ip netip.Addr, v6 bool) { m.told = putHere(m.here[:], ip, v6) }

// Release forgets the buffers.
func (m *plainMessage) Release() { m.bufs = nil }

// Truncated reports whether the datagram received was larger than its buffers.
func (m *plainMessage) Truncated() bool { return m.flags&unix.MSG_TRUNC != 0 }

// WantName has a receive set the name.
func (m *plainMessage) WantName() {}

// SetAddr names an Internet address, for a socket of the given family.
func (m *plainMessage) SetAddr(addr netip.AddrPort, v6 bool) { m.to = Sockaddr(addr, v6) }

// Addr is the Internet address of who sent the datagram; mapped IPv4 addresses
// come out as IPv4.
func (m *plainMessage) Addr() netip.AddrPort { return AddrPort(m.from) }

// SetPath names a Unix socket. It reports whether the path is short enough.
func (m *plainMessage) SetPath(path string) bool {
	m.to = &unix.SockaddrUnix{Name: path}
	return len(path) < len(unix.RawSockaddrUnix{}.Path)
}

// Path is the path of who sent the datagram, or empty if it has none.
func (m *plainMessage) Path() string { return Path(m.from) }

// recvMessagePlain receives one datagram without waiting.
func recvMessagePlain(fd int, m *plainMessage) (n int, errno syscall.Errno) {
	var err error
	n, m.told, m.flags, m.from, err = unix.RecvmsgBuffers(fd, m.bufs, m.here[:m.told], 0)
	// With a control message and no room for bytes one is received nevertheless.
	return plain(min(n, m.Len()), err)
}

// sendMessagePlain sends one datagram without waiting. An empty one isn't sent from a
// chosen address, since golang.org/x/sys sends a byte with each control message.
func sendMessagePlain(fd int, m *plainMessage) (int, syscall.Errno) {
	here := m.here[:m.told]
	if m.Len() == 0 {
		here = nil
	}
	return plain(unix.SendmsgBuffers(fd, m.bufs, here, m.to, 0))
}
