package driver

import "golang.org/x/sys/unix"

// Held is how many bytes the system holds for the peer: until it acknowledges
// them or, over a Unix socket, receives them (tcp(7), SIOCOUTQ).
func Held(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}
