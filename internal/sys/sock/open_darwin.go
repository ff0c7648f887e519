package sock

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Socket makes a socket that never waits.
func Socket(family, kind int) (fd int, err error) {
	err = prepared(func() error {
		fd, err = unix.Socket(family, kind, 0)
		return err
	}, &fd)
	return fd, err
}

// Accept takes a connection from a listener.
func Accept(fd int) (of int, sa unix.Sockaddr, err error) {
	err = prepared(func() error {
		of, sa, err = unix.Accept(fd)
		return err
	}, &of)
	return of, sa, err
}

// Pipe makes a pipe.
func Pipe() (r, w int, err error) {
	err = prepared(func() error {
		var fds [2]int
		err = unix.Pipe(fds[:])
		r, w = fds[0], fds[1]
		return err
	}, &r, &w)
	return r, w, err
}

// prepared makes descriptors, which a program that is started at the same time
// doesn't get, and has them never wait. If that fails there are none.
func prepared(open func() error, fds ...*int) error {
	syscall.ForkLock.RLock()
	err := open()
	if err == nil {
		for _, fd := range fds {
			unix.CloseOnExec(*fd)
		}
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	for _, fd := range fds {
		if bad := unix.SetNonblock(*fd, true); bad != nil {
			err = bad
		}
	}
	if err != nil {
		for _, fd := range fds {
			unix.Close(*fd)
		}
	}
	return err
}
