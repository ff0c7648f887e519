//go:build linux || darwin

package reserve

import "golang.org/x/sys/unix"

func reserve(size int) ([]byte, func() error, error) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	return b, func() error { return unix.Munmap(b) }, err
}
