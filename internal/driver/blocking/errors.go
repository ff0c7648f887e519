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
	return driver.FileFailed(call, errno)
}

// call is what package os was doing.
func call(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Op
	}
	return "file"
}
