// Package refuse makes the kernel refuse this process things, for good, as a
// container's profile or a small limit would. It is for tests, in processes of
// their own.
package refuse

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrHere says that this system has no means to refuse it.
var ErrHere = errors.New("this system can't be made to refuse it")

// Calls makes system calls, by their names in the manual, fail with errno on
// every thread of the process, from now on (seccomp(2)).
func Calls(errno syscall.Errno, names ...string) error {
	var numbers []uint32
	for _, name := range names {
		nr, ok := numberOf[name]
		if !ok {
			return fmt.Errorf("%s: %w", name, ErrHere)
		}
		numbers = append(numbers, nr)
	}
	return refuseCalls(errno, numbers)
}

// LockedMemory sets the process's limit of locked memory to nothing.
func LockedMemory() error { return limitMemlock(0) }

// Descriptors limits the process to n open descriptors.
func Descriptors(n uint64) error { return limitDescriptors(n) }

// Privileges gives up, on every thread, what lets root listen on any port and
// exceed limits.
func Privileges() error { return dropPrivileges() }
