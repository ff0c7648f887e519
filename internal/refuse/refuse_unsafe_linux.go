package refuse

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// numberOf has the calls that tests refuse.
var numberOf = map[string]uint32{
	"io_uring_setup":    unix.SYS_IO_URING_SETUP,
	"io_uring_enter":    unix.SYS_IO_URING_ENTER,
	"io_uring_register": unix.SYS_IO_URING_REGISTER,
	"pwritev2":          unix.SYS_PWRITEV2,
	"epoll_pwait2":      unix.SYS_EPOLL_PWAIT2,
	"ppoll":             unix.SYS_PPOLL,
	"accept4":           unix.SYS_ACCEPT4,
	"connect":           unix.SYS_CONNECT,
}

// refuseCalls installs a filter that compares the call's number with each of
// numbers. It doesn't look at the architecture: the process is its own. Where
// sockets' calls have a number in common, socketcall's, the filter knows them by
// their first argument.
func refuseCalls(errno syscall.Errno, numbers []uint32) error {
	const load, equal, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	refused := unix.SECCOMP_RET_ERRNO | uint32(errno)
	program := []unix.SockFilter{{Code: load, K: 0}} // seccomp_data.nr
	for _, nr := range numbers {
		program = append(program,
			unix.SockFilter{Code: equal, K: nr, Jf: 1},
			unix.SockFilter{Code: ret, K: refused})
		if which, ok := socketcalls[nr]; ok {
			program = append(program,
				unix.SockFilter{Code: equal, K: socketcall, Jf: 4},
				unix.SockFilter{Code: load, K: firstArgument()},
				unix.SockFilter{Code: equal, K: which, Jf: 1},
				unix.SockFilter{Code: ret, K: refused},
				unix.SockFilter{Code: load, K: 0})
		}
	}
	program = append(program, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})

	// The thread that forbids itself new privileges has to be the one that
	// installs the filter. SECCOMP_FILTER_FLAG_TSYNC takes both to the others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	thread, _, e := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(program)
	switch {
	case e != 0:
		return e
	case thread != 0:
		return unix.EBUSY // that thread has a filter of its own
	}
	return nil
}

// firstArgument is where seccomp_data has the lower half of args[0].
func firstArgument() uint32 {
	const args = 16
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return args
	}
	return args + 4
}
