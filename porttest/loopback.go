package porttest

import (
	"net"
	"net/netip"
	"time"
)

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

func (loopback) mailbox(at netip.AddrPort) (udpConn, error) { return listenUDP(at) }

func (loopback) listenUnix(path string) (peerListener, error) {
	return net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
}

func (loopback) dialUnix(path string, deadline time.Time) (unixConn, error) {
	conn, err := (&net.Dialer{Deadline: deadline}).Dial("unix", path)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

func (loopback) unixgram(path, to string) (unixgramConn, error) {
	local := &net.UnixAddr{Name: path, Net: "unixgram"}
	if to == "" {
		return net.ListenUnixgram("unixgram", local)
	}
	return net.DialUnix("unixgram", local, &net.UnixAddr{Name: to, Net: "unixgram"})
}

// leave relies on package net's removing a listener's path only.
func (l loopback) leave(kind, path string) error {
	if kind == "unixgram" {
		conn, err := l.unixgram(path, "")
		if err != nil {
			return err
		}
		return conn.Close()
	}
	ln, err := l.listenUnix(path)
	if err != nil {
		return err
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	return ln.Close()
}

func (loopback) close() {}
