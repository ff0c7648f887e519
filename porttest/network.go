package porttest

import (
	"io"
	"net"
	"net/netip"
	"time"
)

// network is where a trial's foreign ends are: package net's, on the loopback
// interface, unless the harness has its own.
type network interface {
	listen(at netip.AddrPort) (peerListener, error)

	// dial connects to an address, from another if that is valid.
	dial(from, to netip.AddrPort, deadline time.Time) (peerConn, error)

	// mailbox makes a UDP socket.
	mailbox(at netip.AddrPort) (udpConn, error)

	listenUnix(path string) (peerListener, error)
	dialUnix(path string, deadline time.Time) (unixConn, error)

	// unixgram makes a Unix datagram socket at a path, connected to another
	// if that isn't empty.
	unixgram(path, to string) (unixgramConn, error)

	// leave leaves a path behind that a socket of a kind, unix or unixgram,
	// was bound to.
	leave(kind, path string) error

	close()
}

// peerListener is what clauses need of a *net.TCPListener.
type peerListener interface {
	net.Listener
	SetDeadline(time.Time) error
}

// peerConn is what clauses need of a *net.TCPConn.
type peerConn interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
	SetReadBuffer(bytes int) error
}

// udpConn is what clauses need of a *net.UDPConn.
type udpConn interface {
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	LocalAddr() net.Addr
	SetDeadline(time.Time) error
	Close() error
}

// unixConn is what clauses need of a *net.UnixConn that is a stream.
type unixConn interface {
	net.Conn
	CloseWrite() error
}

// unixgramConn is what they need of one that isn't.
type unixgramConn interface {
	io.WriteCloser
	ReadFrom(b []byte) (int, net.Addr, error)
	SetDeadline(time.Time) error
}

// foreignNet is the network of the trial's foreign ends.
func (t *trial) foreignNet() network {
	t.Helper()
	if t.network == nil {
		t.network = loopback{}
		if t.harness.virtual {
			t.network = newVirtual(t)
		}
	}
	return t.network
}
