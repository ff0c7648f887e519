package sock

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// rawBytesMax bounds what one raw system call may copy. A raw call keeps its
// processor, so the garbage collector waits for it; beyond this a call that
// tells the scheduler is used.
const rawBytesMax = 64 << 10

// Dissolve ends a socket's association with its peer, also one that a connect
// in progress is making (connect(2), AF_UNSPEC). The socket may be connected
// again.
func Dissolve(fd int) error {
	sa := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, e := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet4)
	if e != 0 {
		return e
	}
	return nil
}

// Recv receives into the first bytes of bufs, so many at most, without waiting.
// With peek the data stays queued. There are VecMax buffers at most.
func Recv(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	flags := unix.MSG_DONTWAIT
	if peek {
		flags |= unix.MSG_PEEK
	}
	return transfer(unix.SYS_RECVFROM, unix.SYS_RECVMSG, fd, bufs, bytes, flags)
}

// Send sends the first bytes of bufs, so many at most, without waiting. There
// are VecMax buffers at most.
func Send(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return transfer(unix.SYS_SENDTO, unix.SYS_SENDMSG, fd, bufs, bytes, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// SendOne is Send for one buffer.
func SendOne(fd int, b []byte) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return single(unix.SYS_SENDTO, fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func transfer(one, many uintptr, fd int, bufs [][]byte, bytes, flags int) (int, syscall.Errno) {
	if len(bufs) != 1 {
		return vectored(many, fd, bufs, bytes, flags)
	}
	return single(one, fd, bufs[0][:bytes], flags)
}

func single(call uintptr, fd int, b []byte, flags int) (int, syscall.Errno) {
	p := unsafe.SliceData(b)
	if len(b) > rawBytesMax {
		n, _, e := syscall.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(p)), uintptr(len(b)), uintptr(flags), 0, 0)
		return result(n, e)
	}
	n, _, e := syscall.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(p)), uintptr(len(b)), uintptr(flags), 0, 0)
	return result(n, e)
}

func vectored(many uintptr, fd int, bufs [][]byte, bytes, flags int) (int, syscall.Errno) {
	var iov [VecMax]unix.Iovec
	var msg unix.Msghdr
	msg.Iov = &iov[0]
	msg.SetIovlen(Gather(&iov, bufs, bytes))
	if bytes > rawBytesMax {
		r, _, e := syscall.Syscall(many, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
		return result(r, e)
	}
	r, _, e := syscall.RawSyscall(many, uintptr(fd), uintptr(unsafe.Pointer(&msg)), uintptr(flags))
	return result(r, e)
}

func result(n uintptr, e syscall.Errno) (int, syscall.Errno) {
	if e != 0 {
		return 0, e
	}
	return int(n), 0
}

// Gather describes the first bytes of bufs, so many at most, to the kernel, and
// reports how many vectors that takes.
func Gather(iov *[VecMax]unix.Iovec, bufs [][]byte, bytes int) int {
	for i, b := range bufs {
		b = b[:min(len(b), bytes)]
		bytes -= len(b)
		iov[i].Base = unsafe.SliceData(b)
		iov[i].SetLen(len(b))
	}
	return len(bufs)
}
