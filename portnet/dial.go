package portnet

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Dialer makes connections. The zero value is ready. A Dialer may be used by several
// goroutines at a time, if it isn't changed meanwhile.
type Dialer struct {
	// Network is where connections are made. Nil is the one that the process shares.
	Network *Network

	// Timeout bounds a Dial, names and all addresses included. 0 is no bound of ours.
	Timeout time.Duration

	// LocalAddr is where connections come from: a *net.TCPAddr, or nil for any. Port 0
	// is any port. Of a host's addresses, those of its family are tried.
	LocalAddr net.Addr

	// Resolver finds the addresses of names. Nil is net.DefaultResolver.
	Resolver *net.Resolver
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects to an address as package net takes it: for tcp, tcp4 and tcp6 a
// host, which may be a name, and a port; for unix a path. Of several addresses one
// is tried after the other, each with its share of the time that is left. The
// error is that of the first. When ctx is done that is given up; a
// connection that is made isn't ctx's any more. The net.Conn is a *Conn.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	n := d.Network
	if n == nil {
		var err error
		if n, err = sharedNetwork(); err != nil {
			return nil, opError("dial", network, nil, nil, err)
		}
	}
	if network == "unix" {
		return n.dialUnix(ctx, address)
	}
	addrs, err := d.resolve(ctx, network, address)
	if err != nil {
		return nil, opError("dial", network, nil, nil, err)
	}
	return d.dialEach(ctx, n, network, addrs)
}

// resolve finds the addresses that may be dialled.
func (d *Dialer) resolve(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	families := map[string]string{"tcp": "ip", "tcp4": "ip4", "tcp6": "ip6"}
	if families[network] == "" {
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	resolver := cmp.Or(d.Resolver, net.DefaultResolver)
	port, err := resolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	ips := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	if host != "" {
		if ips, err = resolver.LookupNetIP(ctx, families[network], host); err != nil {
			return nil, err
		}
	}
	var addrs []netip.AddrPort
	for _, ip := range ips {
		if ip = ip.Unmap(); network == "tcp" || ip.Is4() == (network == "tcp4") {
			addrs = append(addrs, netip.AddrPortFrom(ip, uint16(port)))
		}
	}
	return d.reachable(addrs, host)
}

// reachable leaves out addresses of another family than LocalAddr's.
func (d *Dialer) reachable(addrs []netip.AddrPort, host string) ([]netip.AddrPort, error) {
	var kept []netip.AddrPort
	for _, a := range addrs {
		from, ok := d.from(a)
		if ok && from.Addr().Is4() == a.Addr().Is4() {
			kept = append(kept, a)
		}
	}
	if kept == nil {
		return nil, &net.AddrError{Err: "no suitable address", Addr: host}
	}
	return kept, nil
}

// from is where a connection to an address is to come from; port 0 of no address in
// particular leaves it to the system.
func (d *Dialer) from(to netip.AddrPort) (at netip.AddrPort, ok bool) {
	anywhere := netip.IPv6Unspecified()
	if to.Addr().Is4() {
		anywhere = netip.IPv4Unspecified()
	}
	local, ok := d.LocalAddr.(*net.TCPAddr)
	switch {
	case d.LocalAddr == nil, ok && local == nil:
		return netip.AddrPortFrom(anywhere, 0), true
	case !ok:
		return at, false
	case local.IP == nil:
		return netip.AddrPortFrom(anywhere, uint16(local.Port)), true
	}
	at = local.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), true
}

// dialEach tries one address after the other.
func (d *Dialer) dialEach(ctx context.Context, n *Network, network string, addrs []netip.AddrPort) (net.Conn, error) {
	var first error
	for i, a := range addrs {
		part, cancel := share(ctx, len(addrs)-i)
		c, err := d.dialOne(part, n, network, a)
		cancel()
		if err == nil {
			return c, nil
		}
		first = cmp.Or(first, opError("dial", network, d.LocalAddr, tcpAddr(a), err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// shareMin is what an address has of the time that is left, if there is so much.
const shareMin = 2 * time.Second

// share gives the next of some addresses its part of the time that is left.
func share(ctx context.Context, addrs int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || addrs == 1 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, max(shareMin, time.Until(end)/time.Duration(addrs)))
}

func (d *Dialer) dialOne(ctx context.Context, n *Network, network string, to netip.AddrPort) (net.Conn, error) {
	sock, err := n.port.NewSocket(iocp.FamilyOf(to.Addr()))
	if err != nil {
		return nil, err
	}
	if d.LocalAddr != nil {
		from, _ := d.from(to)
		err = sock.Bind(from)
	}
	if err == nil {
		err = n.connect(ctx, sock, func(op *iocp.Op) error { return sock.Connect(op, to) })
	}
	if err != nil {
		sock.Close()
		return nil, err
	}
	return n.newConn(sock, network, tcpAddr(sock.Addr()), tcpAddr(to)), nil
}

func (n *Network) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	remote := unixAddr(path)
	sock, err := n.port.NewUnixSocket()
	if err != nil {
		return nil, opError("dial", "unix", nil, remote, err)
	}
	err = n.connect(ctx, sock, func(op *iocp.Op) error { return sock.ConnectUnix(op, path) })
	if err != nil {
		sock.Close()
		return nil, opError("dial", "unix", nil, remote, err)
	}
	return n.newConn(sock, "unix", unixAddr(""), remote), nil
}

// connect connects a socket, unless ctx is done first. A socket that is given up is
// the caller's to close.
func (n *Network) connect(ctx context.Context, sock *iocp.Socket, start func(*iocp.Op) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.port.Associate(sock, nil); err != nil {
		return err
	}
	var h half
	h.init(sock)
	stop := context.AfterFunc(ctx, func() { h.end(ctx.Err()) })
	defer stop()
	_, err := h.do(start)
	if errors.Is(err, iocp.ErrAborted) {
		return cmp.Or(ctx.Err(), err)
	}
	return err
}
