package driver

import "golang.org/x/sys/unix"

// fionwrite is FIONWRITE of sys/filio.h, _IOR('f', 119, int).
const fionwrite = 0x40046677

// Held is how many bytes the system holds for the peer (FIONWRITE).
func Held(fd int) int {
	n, err := unix.IoctlGetInt(fd, fionwrite)
	if err != nil {
		return 0
	}
	return n
}
