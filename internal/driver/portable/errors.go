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
func sysError(err error) error { return classify(err, driver.Failed) }

// absent is sysError for calls that name a peer.
func absent(err error) error { return classify(err, driver.PeerFailed) }

func classify(err error, failed func(call string, err error) error) error {
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
	return failed(call(err), errno)
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
