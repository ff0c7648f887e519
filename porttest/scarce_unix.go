//go:build linux || darwin

package porttest

import (
	"os"
	"syscall"
)

// refuseDescriptors sets the limit of descriptors (RLIMIT_NOFILE) to what is in
// use: it bounds their numbers, and each new one gets the lowest that is free.
func refuseDescriptors() (relent func(), err error) {
	next, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	syscall.Close(next)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		return nil, err
	}
	less := before
	less.Cur = uint64(next)
	relent = func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before) }
	return relent, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &less)
}
