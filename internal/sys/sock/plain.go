//go:build linux || darwin || freebsd

package sock

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Transfers as golang.org/x/sys has them, for systems without calls of their own
// here. They say the same as those, and cost an allocation if there are several
// buffers. Descriptors never wait by themselves (O_NONBLOCK). A write to nobody is
// EPIPE and no SIGPIPE: the Go runtime spares descriptors above 2.

func recvPlain(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	switch {
	case peek:
		n, _, err := unix.Recvfrom(fd, bufs[0][:min(len(bufs[0]), bytes)], unix.MSG_PEEK)
		return plain(n, err)
	case len(bufs) == 1:
		return plain(unix.Read(fd, bufs[0][:bytes]))
	}
	n, _, _, _, err := unix.RecvmsgBuffers(fd, first(bufs, bytes), nil, 0)
	return plain(n, err)
}

func sendPlain(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	if len(bufs) == 1 {
		return plain(unix.Write(fd, bufs[0][:bytes]))
	}
	return plain(unix.SendmsgBuffers(fd, first(bufs, bytes), nil, nil, 0))
}

// readPlain and writePlain move one buffer: what is short is gone on with.

func readPlain(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	if peek {
		return 0, look(fd)
	}
	return plain(unix.Read(fd, one(bufs, bytes)))
}

func writePlain(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	return plain(unix.Write(fd, one(bufs, bytes)))
}

// plain is a result of golang.org/x/sys.
func plain(n int, err error) (int, syscall.Errno) {
	if errno, ok := err.(syscall.Errno); ok {
		return 0, errno
	}
	return n, 0
}

// first is the first bytes of bufs, so many at most.
func first(bufs [][]byte, bytes int) [][]byte {
	cut := make([][]byte, 0, len(bufs))
	for _, b := range bufs {
		b = b[:min(len(b), bytes)]
		bytes -= len(b)
		cut = append(cut, b)
	}
	return cut
}

// one is the first buffer with anything in it; empty if none has.
func one(bufs [][]byte, bytes int) []byte {
	for _, b := range bufs {
		if len(b) > 0 {
			return b[:min(len(b), bytes)]
		}
	}
	return nil
}

// look answers EAGAIN while there is neither data nor an end to be read.
func look(fd int) syscall.Errno {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	if errno, ok := err.(syscall.Errno); ok {
		return errno
	}
	if n == 0 {
		return unix.EAGAIN
	}
	return 0
}
