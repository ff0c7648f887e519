package sim

import (
	"syscall"

	"iocp/internal/driver"
)

// The system's errors, with the numbers that kernels give for them.
var (
	errReset     = sysError("recv", driver.ErrReset, syscall.ECONNRESET)
	errNoOpcode  = sysError("submit", driver.ErrNotSupported, syscall.EOPNOTSUPP)
	errNoBufs    = sysError("socket", driver.ErrLimit, syscall.ENOBUFS)
	errNoFiles   = sysError("accept", driver.ErrLimit, syscall.EMFILE)
	errRefused   = sysError("connect", driver.ErrRefused, syscall.ECONNREFUSED)
	errTimedOut  = sysError("connect", driver.ErrTimedOut, syscall.ETIMEDOUT)
	errNoRoute   = sysError("connect", driver.ErrUnreachable, syscall.ENETUNREACH)
	errNoPath    = sysError("connect", driver.ErrRefused, syscall.ENOENT)
	errOtherKind = sysError("connect", driver.ErrInvalid, syscall.EPROTOTYPE)
	errNotForYou = sysError("sendto", driver.ErrAccess, syscall.EPERM)
	errTooLong   = sysError("sendto", driver.ErrMessageSize, syscall.EMSGSIZE)
	errInUse     = sysError("bind", driver.ErrAddrInUse, syscall.EADDRINUSE)
	errBroken    = sysError("poll", driver.ErrUnclassified, syscall.EIO)
	errNotAvail  = sysError("bind", driver.ErrAddrNotAvail, syscall.EADDRNOTAVAIL)
)

func sysError(call string, class error, errno syscall.Errno) error {
	return &driver.SysError{Call: call, Class: class, Errno: errno}
}
