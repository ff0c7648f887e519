//go:build unix

package blocking

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// classes is the table from the system's error numbers to the driver's classes
// (open(2), pread(2), pwrite(2)).
var classes = map[syscall.Errno]error{
	unix.EROFS:      driver.ErrAccess,
	unix.ETXTBSY:    driver.ErrAccess,
	unix.EINVAL:     driver.ErrInvalid,
	unix.EBADF:      driver.ErrInvalid,
	unix.EISDIR:     driver.ErrInvalid,
	unix.ENOTDIR:    driver.ErrInvalid,
	unix.ESPIPE:     driver.ErrNotSupported,
	unix.EOPNOTSUPP: driver.ErrNotSupported,
	unix.ENOSYS:     driver.ErrNotSupported,
	unix.EMFILE:     driver.ErrLimit,
	unix.ENFILE:     driver.ErrLimit,
	unix.ENOMEM:     driver.ErrLimit,
	unix.ENOSPC:     driver.ErrLimit,
	unix.EDQUOT:     driver.ErrLimit,
	unix.EFBIG:      driver.ErrLimit,
}
