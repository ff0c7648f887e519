package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// portLater has the port of a socket that is bound to an address alone chosen
// when it is connected, and so that it need be free for that peer only (ip(7),
// IP_BIND_ADDRESS_NO_PORT). A kernel that can't takes it from all.
func portLater(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
