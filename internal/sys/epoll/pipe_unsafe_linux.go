package epoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read reads from a non-blocking pipe into bufs. With peek it only tells
// whether a read would wait.
func Read(fd int, bufs [][]byte, peek bool) (int, syscall.Errno) {
	count(CallRecv)
	if peek {
		return 0, look(fd)
	}
	return vectors(syscall.SYS_READV, fd, bufs, 0)
}

// Write writes bufs, less their first skip bytes, to a non-blocking pipe.
func Write(fd int, bufs [][]byte, skip int) (int, syscall.Errno) {
	count(CallSend)
	return vectors(syscall.SYS_WRITEV, fd, bufs, skip)
}

func vectors(call uintptr, fd int, bufs [][]byte, skip int) (int, syscall.Errno) {
	var iov [iovMax]unix.Iovec
	n, total := Gather(iov[:], bufs, skip)
	if total > rawBytesMax {
		r, _, e := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(n))
		return result(r, e)
	}
	r, _, e := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(n))
	return result(r, e)
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
