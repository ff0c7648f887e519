package epoll

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Ready fills events with what is ready now and doesn't wait.
func Ready(set int, events []Event) (int, syscall.Errno) {
	calls.Count(calls.Wait)
	n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(set),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return int(n), e
}

// Wait fills events with what is ready, waiting up to timeout (rounded up to
// milliseconds; negative is no limit).
func Wait(set int, events []Event, timeout time.Duration) (int, syscall.Errno) {
	calls.Count(calls.Wait)
	n, _, e := syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(set),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(millis(timeout)), 0, 0)
	return int(n), e
}

// WaitPrecise is Wait to the nanosecond, by epoll_pwait2(2), which came with
// Linux 5.11. timeout isn't negative.
func WaitPrecise(set int, events []Event, timeout time.Duration) (int, syscall.Errno) {
	calls.Count(calls.Wait)
	ts := struct{ sec, nsec int64 }{int64(timeout / time.Second), int64(timeout % time.Second)}
	n, _, e := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(set), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
	return int(n), e
}

// WaitAny waits until one of some descriptors, at least one, has what is asked for
// (ppoll(2); timeout as for Wait, to the nanosecond).
func WaitAny(sets []unix.PollFd, timeout time.Duration) syscall.Errno {
	calls.Count(calls.Wait)
	var until *unix.Timespec
	if timeout >= 0 {
		ts := unix.NsecToTimespec(int64(timeout))
		until = &ts
	}
	_, _, e := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&sets[0])), uintptr(len(sets)),
		uintptr(unsafe.Pointer(until)), 0, 0, 0)
	return e
}

// Signal adds one to an eventfd.
func Signal(fd int) {
	calls.Count(calls.Signal)
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&one)), 8)
}
