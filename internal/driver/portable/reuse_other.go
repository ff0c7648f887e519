//go:build !unix || solaris

package portable

import (
	"syscall"

	"iocp/internal/driver"
)

// reusePort is a net.ListenConfig.Control. SO_REUSEADDR on Windows means
// something else than SO_REUSEPORT: it lets anybody take over a port in use. For
// Solaris and illumos golang.org/x/sys has no SO_REUSEPORT.
func reusePort(_, _ string, _ syscall.RawConn) error { return driver.ErrNotSupported }
