//go:build unix

package portable

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// control runs f on a descriptor.
func control(raw syscall.RawConn, call string, f func(fd int) error) error {
	var err error
	if bad := raw.Control(func(fd uintptr) { err = f(int(fd)) }); bad != nil {
		return bad
	}
	return os.NewSyscallError(call, err)
}

// connectDatagram connects a socket, of IPv6 if v6 says so.
func connectDatagram(raw syscall.RawConn, to driver.Name, v6 bool) error {
	return control(raw, "connect", func(fd int) error { return syscall.Connect(fd, sockaddr(to, v6)) })
}

// sockaddr is package syscall's, which unlike golang.org/x/sys takes abstract
// names of full length.
func sockaddr(to driver.Name, v6 bool) syscall.Sockaddr {
	switch {
	case to.Path != "":
		return &syscall.SockaddrUnix{Name: to.Path}
	case v6:
		return &syscall.SockaddrInet6{Port: int(to.Addr.Port()), Addr: to.Addr.Addr().As16(), ZoneId: zone(to.Addr.Addr())}
	}
	return &syscall.SockaddrInet4{Port: int(to.Addr.Port()), Addr: to.Addr.Addr().Unmap().As4()}
}

// sendToPath sends without waiting.
func sendToPath(raw syscall.RawConn, path string, msg []byte) (int, error) {
	err := control(raw, "sendto", func(fd int) error {
		return syscall.Sendto(fd, msg, 0, &syscall.SockaddrUnix{Name: path})
	})
	if err != nil {
		return 0, err
	}
	return len(msg), nil
}

// NewUnixDatagram makes a Unix datagram socket. Package net has none that isn't
// bound, so it is given one.
func (p *port) NewUnixDatagram(at *driver.UnixFile) (driver.Datagram, error) {
	if at.Name != "" {
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at.Name, Net: "unixgram"})
		if err != nil {
			return nil, sysError(err)
		}
		at.Bound()
		return newDatagram(conn, at), nil
	}
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, sysError(os.NewSyscallError("socket", err))
	}
	f := os.NewFile(uintptr(fd), "")
	defer f.Close() // net takes a duplicate
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, sysError(err)
	}
	return newDatagram(conn.(*net.UnixConn), at), nil
}
