package blocking

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"

	"iocp/internal/driver"
)

// sysError turns an error of package os into one of the driver's: the system's
// number with its class. What has a class already keeps it.
func sysError(err error) error {
	var errno syscall.Errno
	switch {
	case err == nil, err == io.EOF, err == driver.ErrAborted, err == net.ErrClosed:
		return err
	case errors.Is(err, fs.ErrClosed):
		return net.ErrClosed
	case !errors.As(err, &errno):
		return fmt.Errorf("%w: %w", driver.ErrUnclassified, err)
	}
	return SysError(call(err), errno)
}

// SysError is the driver's error for a call on a file that failed with errno.
func SysError(call string, errno syscall.Errno) error {
	return &driver.SysError{Call: call, Class: class(errno), Errno: errno}
}

// call is what package os was doing.
func call(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Op
	}
	return "file"
}

// class knows the numbers that package syscall sorts itself, and looks the
// others up in the system's table.
func class(errno syscall.Errno) error {
	for _, kind := range []error{fs.ErrNotExist, fs.ErrExist} {
		if errno.Is(kind) {
			return kind
		}
	}
	if c, ok := classes[errno]; ok {
		return c
	}
	if errno.Is(fs.ErrPermission) {
		return driver.ErrAccess
	}
	return driver.ErrUnclassified
}
