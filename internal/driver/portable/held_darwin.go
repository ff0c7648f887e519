package portable

import "golang.org/x/sys/unix"

// held is how many bytes the system holds for the peer (getsockopt(2), SO_NWRITE).
func held(fd int) int {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE)
	if err != nil {
		return 0
	}
	return n
}
