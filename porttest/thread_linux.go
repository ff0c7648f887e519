package porttest

import (
	"fmt"
	"os"
	"syscall"
)

// onFirstThread reports whether the caller runs on the process's first thread.
func onFirstThread() bool { return syscall.Gettid() == os.Getpid() }

// threadGone returns a function that tells whether the thread which called has
// ended: proc(5) lists those that haven't.
func threadGone() func() bool {
	task := fmt.Sprintf("/proc/self/task/%d", syscall.Gettid())
	return func() bool {
		_, err := os.Stat(task)
		return err != nil
	}
}
