package portable

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"iocp/internal/driver"
)

// sysError turns an error of package net into one of the driver's: the
// system's number with its class, without net's own description around it.
func sysError(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return net.ErrClosed
	}
	if errors.Is(err, driver.ErrNotSupported) { // said by a Control of ours
		return driver.ErrNotSupported
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return fmt.Errorf("%w: %w", driver.ErrUnclassified, err)
	}
	return &driver.SysError{Call: call(err), Class: class(errno), Errno: errno}
}

// call is the system call that failed.
func call(err error) string {
	var sys *os.SyscallError
	var op *net.OpError
	switch {
	case errors.As(err, &sys):
		return sys.Syscall
	case errors.As(err, &op):
		return op.Op
	}
	return "socket"
}

// class looks a number up in the system's table.
func class(errno syscall.Errno) error {
	if c, ok := classes[errno]; ok {
		return c
	}
	return driver.ErrUnclassified
}
