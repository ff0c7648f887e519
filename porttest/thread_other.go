//go:build !linux

package porttest

// onFirstThread can't tell.
func onFirstThread() bool { return false }

// threadGone can't tell here; the thread ends soon after its goroutine.
func threadGone() func() bool { return func() bool { return true } }
