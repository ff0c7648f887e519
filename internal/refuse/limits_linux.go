package refuse

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func limitMemlock(bytes uint64) error {
	return unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: bytes, Max: bytes})
}

// limitDescriptors goes through package syscall, which otherwise would restore
// the limit that it raised when the program started.
func limitDescriptors(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n})
}

// nobody is the user without rights, by convention.
const nobody = 65534

func dropPrivileges() error {
	if unix.Geteuid() != 0 {
		return nil
	}
	return syscall.Setresuid(nobody, nobody, nobody) // on all threads
}
