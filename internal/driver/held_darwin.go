package driver

import "golang.org/x/sys/unix"

// Held is how many bytes the system holds for the peer (getsockopt(2), SO_NWRITE).
func Held(fd int) int {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE)
	if err != nil {
		return 0
	}
	return n
}
