package load

import (
	"fmt"
	"net/netip"

	"iocp/cmd/iocp/internal/dial"
)

// RemoteError refuses to put load on another machine without being told to.
type RemoteError struct{ Addr netip.Addr }

func (e *RemoteError) Error() string {
	return fmt.Sprintf("%s is not a loopback address, and load on other people's machines and networks is an attack: give --allow-remote if both are yours", e.Addr)
}

// reach finds the address to load. Of several that a name stands for it is
// the first that somebody listens on.
func reach(cfg Config) (netip.AddrPort, error) {
	addrs, err := dial.Places(cfg.Host, cfg.Port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for _, a := range addrs {
		if !a.Addr().IsLoopback() && !cfg.AllowRemote {
			return netip.AddrPort{}, &RemoteError{a.Addr()}
		}
	}
	if len(addrs) == 1 {
		return addrs[0], nil
	}
	conn, err := dial.Dial(cfg.Host, cfg.Port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer conn.Close()
	return conn.Socket.RemoteAddr(), nil
}
