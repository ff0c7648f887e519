package readiness

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// classes leads from Linux error numbers to the classes that are the same
// everywhere.
var classes = map[syscall.Errno]error{
	unix.ECONNRESET:      driver.ErrReset,
	unix.EPIPE:           driver.ErrReset,
	unix.ENETRESET:       driver.ErrReset,
	unix.ECONNREFUSED:    driver.ErrRefused,
	unix.ECONNABORTED:    driver.ErrConnAborted,
	unix.ETIMEDOUT:       driver.ErrTimedOut,
	unix.ENETUNREACH:     driver.ErrUnreachable,
	unix.EHOSTUNREACH:    driver.ErrUnreachable,
	unix.ENETDOWN:        driver.ErrUnreachable,
	unix.EHOSTDOWN:       driver.ErrUnreachable,
	unix.ENOTCONN:        driver.ErrNotConnected,
	unix.EISCONN:         driver.ErrConnected,
	unix.EALREADY:        driver.ErrConnected,
	unix.ESHUTDOWN:       driver.ErrShutdown,
	unix.EADDRINUSE:      driver.ErrAddrInUse,
	unix.EADDRNOTAVAIL:   driver.ErrAddrNotAvail,
	unix.EACCES:          driver.ErrAccess,
	unix.EPERM:           driver.ErrAccess,
	unix.EINVAL:          driver.ErrInvalid,
	unix.EPROTOTYPE:      driver.ErrInvalid,
	unix.EMSGSIZE:        driver.ErrMessageSize,
	unix.EBADF:           driver.ErrInvalid,
	unix.ENOTSOCK:        driver.ErrInvalid,
	unix.EDESTADDRREQ:    driver.ErrInvalid,
	unix.EAFNOSUPPORT:    driver.ErrNotSupported,
	unix.EOPNOTSUPP:      driver.ErrNotSupported,
	unix.ENOPROTOOPT:     driver.ErrNotSupported,
	unix.EPROTONOSUPPORT: driver.ErrNotSupported,
	unix.ENOSYS:          driver.ErrNotSupported,
	unix.EMFILE:          driver.ErrLimit,
	unix.ENFILE:          driver.ErrLimit,
	unix.ENOBUFS:         driver.ErrLimit,
	unix.ENOMEM:          driver.ErrLimit,
	unix.ENOSPC:          driver.ErrLimit,
}

// sysError gives a system call's error its class; nil stays nil.
func sysError(call string, err error) error {
	if err == nil {
		return nil
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	if errno == 0 {
		return nil
	}
	class, ok := classes[errno]
	if !ok {
		class = driver.ErrUnclassified
	}
	return &driver.SysError{Call: call, Class: class, Errno: errno}
}

// passing reports whether a transfer's error leaves the connection alive.
func passing(errno syscall.Errno) bool {
	switch errno {
	case unix.ENOMEM, unix.ENOBUFS, unix.EFAULT, unix.EINVAL:
		return true
	}
	return false
}

// retryAccept reports whether accept's error concerns only the connection that
// was about to be accepted (C93; accept(2) passes network errors of the new
// socket on and asks for them to be treated like EAGAIN by retrying).
func retryAccept(errno error) bool {
	switch errno {
	case unix.EINTR, unix.ECONNABORTED, unix.ECONNRESET, unix.EPROTO, unix.ENOPROTOOPT,
		unix.EHOSTDOWN, unix.ENONET, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.ENETDOWN:
		return true
	}
	return false
}

// networkAnswer reports whether a refused connect is the network's answer, which is
// reported by a packet, rather than a misuse, which is refused at once (C71).
func networkAnswer(errno error) bool {
	switch errno {
	case unix.ECONNREFUSED, unix.ETIMEDOUT, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.ECONNRESET:
		return true
	}
	return false
}
