package sock

import "golang.org/x/sys/unix"

// Which address of this machine a datagram came to, or is sent from, over IPv4: a
// struct in_addr (ip(4), IP_RECVDSTADDR and IP_SENDSRCADDR).
const (
	tellHere4   = unix.IP_RECVDSTADDR
	here4       = unix.IP_RECVDSTADDR
	hereSize4   = 4
	cameTo4     = 0
	sentFrom4   = unix.IP_SENDSRCADDR
	sentFromAt4 = 0
)
