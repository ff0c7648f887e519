//go:build !unix && !windows

package portable

import (
	"syscall"

	"iocp/internal/driver"
)

// connectDatagram: package syscall has no connect here.
func connectDatagram(syscall.RawConn, driver.Name, bool) error { return driver.ErrNotSupported }

// sendToPath isn't called: there is no socket to send with.
func sendToPath(syscall.RawConn, string, []byte) (int, error) { return 0, driver.ErrNotSupported }

// NewUnixDatagram: there are no Unix sockets.
func (p *port) NewUnixDatagram(*driver.UnixFile) (driver.Datagram, error) {
	return nil, driver.ErrNotSupported
}
