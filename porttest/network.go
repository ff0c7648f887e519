package porttest

import (
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

// loopback is package net.
type loopback struct{}

func (loopback) listen(at netip.AddrPort) (peerListener, error) {
	return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
}

func (loopback) dial(from, to netip.AddrPort, deadline time.Time) (peerConn, error) {
	dialer := net.Dialer{Deadline: deadline}
	if from.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	conn, err := dialer.Dial("tcp", to.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

func (loopback) close() {}

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
