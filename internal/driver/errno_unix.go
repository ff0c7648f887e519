//go:build unix

package driver

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// classes leads from Unix's error numbers to the classes that are the same
// everywhere, for all backends there are: connect(2), accept(2), send(2), tcp(7),
// open(2), pread(2), pwrite(2).
var classes = map[syscall.Errno]error{
	unix.ECONNRESET: ErrReset,
	unix.ENETRESET:  ErrReset,
	unix.EPIPE:      ErrReset,

	unix.ECONNREFUSED: ErrRefused,
	unix.ECONNABORTED: ErrConnAborted,
	unix.ETIMEDOUT:    ErrTimedOut,

	unix.ENETUNREACH:  ErrUnreachable,
	unix.EHOSTUNREACH: ErrUnreachable,
	unix.ENETDOWN:     ErrUnreachable,
	unix.EHOSTDOWN:    ErrUnreachable,

	unix.ENOTCONN:  ErrNotConnected,
	unix.EISCONN:   ErrConnected,
	unix.EALREADY:  ErrConnected,
	unix.ESHUTDOWN: ErrShutdown,

	unix.EADDRINUSE:    ErrAddrInUse,
	unix.EADDRNOTAVAIL: ErrAddrNotAvail,
	unix.ENODEV:        ErrAddrNotAvail, // a zone that is no interface's

	unix.EACCES:  ErrAccess,
	unix.EPERM:   ErrAccess,
	unix.EROFS:   ErrAccess,
	unix.ETXTBSY: ErrAccess,

	unix.EINVAL:       ErrInvalid,
	unix.EFAULT:       ErrInvalid,
	unix.EBADF:        ErrInvalid,
	unix.ENOTSOCK:     ErrInvalid,
	unix.EDESTADDRREQ: ErrInvalid,
	unix.EPROTOTYPE:   ErrInvalid,
	unix.EISDIR:       ErrInvalid,
	unix.ENOTDIR:      ErrInvalid,
	unix.ELOOP:        ErrInvalid,
	unix.ENAMETOOLONG: ErrInvalid,

	unix.EMSGSIZE: ErrMessageSize,

	unix.EAFNOSUPPORT:    ErrNotSupported,
	unix.EOPNOTSUPP:      ErrNotSupported,
	unix.ENOPROTOOPT:     ErrNotSupported,
	unix.EPROTONOSUPPORT: ErrNotSupported,
	unix.ESOCKTNOSUPPORT: ErrNotSupported,
	unix.ESPIPE:          ErrNotSupported,
	unix.ENOSYS:          ErrNotSupported,

	unix.EMFILE:  ErrLimit,
	unix.ENFILE:  ErrLimit,
	unix.ENOBUFS: ErrLimit,
	unix.ENOMEM:  ErrLimit,
	unix.ENOSPC:  ErrLimit,
	unix.EDQUOT:  ErrLimit,
	unix.EFBIG:   ErrLimit,

	unix.ENOENT: fs.ErrNotExist,
	unix.EEXIST: fs.ErrExist,
}

// What some numbers mean only of a file, of a pipe, and of a Unix socket's name.
var (
	fileClasses = map[syscall.Errno]error{}
	pipeClasses = map[syscall.Errno]error{unix.EPIPE: ErrBrokenPipe}
	peerClasses = map[syscall.Errno]error{unix.ENOENT: ErrRefused}
)
