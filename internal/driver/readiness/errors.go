//go:build linux || darwin || freebsd

package readiness

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// sysError gives a system call's error its class; nil stays nil.
func sysError(call string, err error) error { return driver.Failed(call, err) }

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
		unix.EHOSTDOWN, unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH, unix.ENETDOWN:
		return true
	}
	return errno == sock.NoNet
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
