//go:build unix

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// classes is the table from the system's error numbers to the driver's classes
// (see connect(2), accept(2), send(2), tcp(7)).
var classes = map[syscall.Errno]error{
	unix.ECONNRESET:      driver.ErrReset,
	unix.EPIPE:           driver.ErrReset, // ends are shut down by us only after the last send
	unix.ECONNREFUSED:    driver.ErrRefused,
	unix.ECONNABORTED:    driver.ErrConnAborted,
	unix.ETIMEDOUT:       driver.ErrTimedOut,
	unix.ENETDOWN:        driver.ErrUnreachable,
	unix.ENETUNREACH:     driver.ErrUnreachable,
	unix.EHOSTDOWN:       driver.ErrUnreachable,
	unix.EHOSTUNREACH:    driver.ErrUnreachable,
	unix.ENOTCONN:        driver.ErrNotConnected,
	unix.EISCONN:         driver.ErrConnected,
	unix.EADDRINUSE:      driver.ErrAddrInUse,
	unix.EADDRNOTAVAIL:   driver.ErrAddrNotAvail,
	unix.EACCES:          driver.ErrAccess,
	unix.EPERM:           driver.ErrAccess,
	unix.EINVAL:          driver.ErrInvalid,
	unix.EPROTOTYPE:      driver.ErrInvalid,
	unix.EMSGSIZE:        driver.ErrMessageSize,
	unix.EAFNOSUPPORT:    driver.ErrNotSupported,
	unix.EPROTONOSUPPORT: driver.ErrNotSupported,
	unix.ENOPROTOOPT:     driver.ErrNotSupported,
	unix.EOPNOTSUPP:      driver.ErrNotSupported,
	unix.EMFILE:          driver.ErrLimit,
	unix.ENFILE:          driver.ErrLimit,
	unix.ENOBUFS:         driver.ErrLimit,
	unix.ENOMEM:          driver.ErrLimit,
}
