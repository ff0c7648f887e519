package sock

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Read reads from a non-blocking pipe into the first bytes of bufs, so many at
// most. With peek it only tells whether a read would wait.
func Read(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	if peek {
		return 0, look(fd)
	}
	return vectors(syscall.SYS_READV, fd, bufs, bytes)
}

// Write writes the first bytes of bufs, so many at most, to a non-blocking pipe.
func Write(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return vectors(syscall.SYS_WRITEV, fd, bufs, bytes)
}

func vectors(call uintptr, fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	var iov [VecMax]unix.Iovec
	n := Gather(&iov, bufs, bytes)
	if bytes > rawBytesMax {
		r, _, e := syscall.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(n))
		return result(r, e)
	}
	r, _, e := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(n))
	return result(r, e)
}
