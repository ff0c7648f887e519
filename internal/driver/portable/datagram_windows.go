package portable

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// connectDatagram connects a socket, of IPv6 if v6 says so.
func connectDatagram(raw syscall.RawConn, to driver.Name, v6 bool) error {
	var sa windows.Sockaddr
	if v6 {
		sa = &windows.SockaddrInet6{Port: int(to.Addr.Port()), Addr: to.Addr.Addr().As16(), ZoneId: zone(to.Addr.Addr())}
	} else {
		sa = &windows.SockaddrInet4{Port: int(to.Addr.Port()), Addr: to.Addr.Addr().Unmap().As4()}
	}
	var err error
	if bad := raw.Control(func(fd uintptr) { err = windows.Connect(windows.Handle(fd), sa) }); bad != nil {
		return bad
	}
	return os.NewSyscallError("connect", err)
}

// sendToPath isn't called: there is no socket to send with.
func sendToPath(syscall.RawConn, string, []byte) (int, error) { return 0, driver.ErrNotSupported }

// NewUnixDatagram: Windows has Unix sockets for streams only (AF_UNIX comes to
// Windows, devblogs.microsoft.com/commandline).
func (p *port) NewUnixDatagram(*driver.UnixFile) (driver.Datagram, error) {
	return nil, driver.ErrNotSupported
}
