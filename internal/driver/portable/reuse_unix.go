//go:build unix && !solaris

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// reusePort is a net.ListenConfig.Control.
func reusePort(_, _ string, raw syscall.RawConn) error {
	var err error
	if bad := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); bad != nil {
		return bad
	}
	return err
}
