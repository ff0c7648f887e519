//go:build unix

package driver

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// runtimeNeeds is how many descriptors Go's runtime opens for itself, at a
// process's first timer at the latest: on Linux two, and nowhere more than three.
const runtimeNeeds = 3

// RoomForRuntime reports whether Go's runtime can have the descriptors that it
// needs. Without them it would end the process.
func RoomForRuntime() error {
	var held []int
	var lack error
	syscall.ForkLock.RLock()
	for len(held) < runtimeNeeds && lack == nil {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err == nil {
			unix.CloseOnExec(fd)
			held = append(held, fd)
		} else if lack = Failed("socket", err); !errors.Is(lack, ErrLimit) {
			break // something else: no reason to refuse a port
		}
	}
	syscall.ForkLock.RUnlock()
	for _, fd := range held {
		unix.Close(fd)
	}
	if lack != nil && errors.Is(lack, ErrLimit) {
		return fmt.Errorf("%w (raise the limit of descriptors: ulimit -n)", lack)
	}
	return nil
}
