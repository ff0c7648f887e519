//go:build linux || freebsd

package sock

import "golang.org/x/sys/unix"

const flags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

// Socket makes a socket that never waits.
func Socket(family, kind int) (int, error) { return unix.Socket(family, kind|flags, 0) }

// Accept takes a connection from a listener (accept4(2)).
func Accept(fd int) (int, unix.Sockaddr, error) { return unix.Accept4(fd, flags) }

// Pipe makes a pipe (pipe2(2)).
func Pipe() (r, w int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC)
	return fds[0], fds[1], err
}
