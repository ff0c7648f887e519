package portnet

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Listener accepts connections: a net.Listener. All methods may be called from any
// goroutine.
//
// A connection stays with the system, within its backlog, until Accept asks for it.
type Listener struct {
	net     *Network
	ln      *iocp.Listener
	network string
	addr    net.Addr
	in      half
}

// Listen listens on the network that the process shares: see Network.Listen. That one
// is made at the first use and has no end.
func Listen(network, address string) (net.Listener, error) {
	n, err := sharedNetwork()
	if err != nil {
		return nil, opError("listen", network, nil, nil, err)
	}
	return n.Listen(network, address)
}

// Listen listens at an address as package net's Listen takes it: for tcp, tcp4 and
// tcp6 a host and a port, for unix a path. Without a host it is all addresses of this
// machine; for tcp6, those of IPv4 too. The net.Listener is a *Listener.
func (n *Network) Listen(network, address string) (net.Listener, error) {
	ln, addr, err := n.listen(network, address)
	if err == nil {
		err = n.port.Associate(ln, nil)
		if err != nil {
			ln.Close()
		}
	}
	if err != nil {
		return nil, opError("listen", network, nil, addr, err)
	}
	l := &Listener{net: n, ln: ln, network: network, addr: addr}
	l.in.init(ln)
	return l, nil
}

func (n *Network) listen(network, address string) (*iocp.Listener, net.Addr, error) {
	switch network {
	case "unix":
		ln, err := n.port.ListenUnix(address, iocp.ListenConfig{})
		return ln, unixAddr(address), err
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, nil, net.UnknownNetworkError(network)
	}
	at, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return nil, nil, err
	}
	ln, err := n.listenTCP(network, at)
	if err != nil {
		return nil, at, err
	}
	return ln, tcpAddr(ln.Addr()), nil
}

// listenTCP listens at all addresses if none is given: through IPv6 where there is
// that, for it takes IPv4 too.
func (n *Network) listenTCP(network string, at *net.TCPAddr) (*iocp.Listener, error) {
	if at.IP != nil {
		a := at.AddrPort()
		return n.port.Listen(netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), iocp.ListenConfig{})
	}
	everywhere := func(a netip.Addr) (*iocp.Listener, error) {
		return n.port.Listen(netip.AddrPortFrom(a, uint16(at.Port)), iocp.ListenConfig{})
	}
	if network != "tcp4" {
		ln, err := everywhere(netip.IPv6Unspecified())
		if err == nil || errors.Is(err, iocp.ErrAddrInUse) || network == "tcp6" {
			return ln, err
		}
	}
	return everywhere(netip.IPv4Unspecified())
}

func unixAddr(path string) net.Addr { return &net.UnixAddr{Name: path, Net: "unix"} }

// Accept waits for a connection; the net.Conn is a *Conn. That there are no
// descriptors left is an error whose Temporary method says true, after which servers
// such as net/http's wait a while and accept again.
func (l *Listener) Accept() (net.Conn, error) {
	sock, err := l.accept()
	if err == nil {
		err = l.net.port.Associate(sock, nil)
		if err != nil {
			sock.Close()
		}
	}
	if err != nil {
		return nil, l.fail("accept", err)
	}
	if l.network == "unix" {
		return l.net.newConn(sock, l.network, l.addr, unixAddr("")), nil
	}
	return l.net.newConn(sock, l.network, tcpAddr(sock.Addr()), tcpAddr(sock.RemoteAddr())), nil
}

func (l *Listener) accept() (*iocp.Socket, error) {
	h := &l.in
	h.turn.Lock()
	defer h.turn.Unlock()
	for {
		_, err := h.do(l.ln.Accept)
		if err == nil {
			sock := h.sock
			h.sock = nil
			return sock, nil
		}
		if !errors.Is(err, iocp.ErrAborted) {
			return nil, err
		}
	}
}

func (l *Listener) fail(op string, err error) error {
	return opError(op, l.network, nil, l.addr, err)
}

// Close stops listening: an Accept under way returns net.ErrClosed. Connections that
// were accepted stay. A Unix socket's path is removed.
func (l *Listener) Close() error {
	l.in.end(net.ErrClosed)
	return l.fail("close", l.ln.Close())
}

// Addr is the address that is listened at, also after Close: a *net.TCPAddr or
// *net.UnixAddr.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline sets when Accept expires, as Conn.SetReadDeadline does for Read.
func (l *Listener) SetDeadline(t time.Time) error {
	return l.fail("set", l.in.setDeadline(t))
}

// SetUnlinkOnClose says whether Close removes a Unix socket's path, as it does by
// default.
func (l *Listener) SetUnlinkOnClose(unlink bool) { l.ln.SetUnlinkOnClose(unlink) }
