//go:build linux || darwin || freebsd

package readiness

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// NewStream implements driver.Port.
func (p *Port) NewStream(v6 bool) (driver.Stream, error) {
	fd, err := newSocket(family(v6), unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	if err := noDelay(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return newStream(fd, v6, netip.AddrPort{}), nil
}

func family(v6 bool) int {
	if v6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func newSocket(family, kind int) (int, error) {
	fd, err := sock.Socket(family, kind)
	if err != nil {
		return -1, sysError("socket", err)
	}
	return fd, nil
}
