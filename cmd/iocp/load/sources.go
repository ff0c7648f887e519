package load

import (
	"errors"
	"fmt"
	"net/netip"

	"iocp"
)

// sources are the addresses that connections come from, so that one machine
// looks like many, and so that there are more connections than one address has
// ports: 127.0.0.1 and those after it, all of which are this machine's on Linux
// and Windows (RFC 1122, 3.2.1.3).
type sources int

// sourcesMax keeps to the network 127.0.0.0/8.
const sourcesMax = 1 << 16

// at is the address of a connection.
func (s sources) at(conn int) netip.AddrPort {
	n := conn%int(s) + 1
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)}), 0)
}

// bind gives a socket its address. With no sources the system chooses.
func (s sources) bind(sock *iocp.Socket, conn int) error {
	if s == 0 {
		return nil
	}
	err := sock.Bind(s.at(conn))
	switch {
	case errors.Is(err, iocp.ErrAddrInUse):
		return fmt.Errorf("no port is left at %v to connect from: %w: give more --sources", s.at(conn).Addr(), plain(err))
	case err != nil:
		return fmt.Errorf("can't connect from %v: %w: give fewer --sources, or none", s.at(conn).Addr(), plain(err))
	}
	return nil
}

// checkSources refuses addresses that couldn't reach the target.
func checkSources(s int, target netip.Addr) error {
	if s > 0 && !(target.Is4() && target.IsLoopback()) {
		return fmt.Errorf("--sources are addresses in 127.0.0.0/8, which don't reach %v: leave them out, or load 127.0.0.1", target)
	}
	return nil
}
