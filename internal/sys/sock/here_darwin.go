package sock

import "golang.org/x/sys/unix"

// Which address of this machine a datagram came to, or is sent from, over IPv4: a
// struct in_pktinfo (netinet/in.h, IP_PKTINFO).
const (
	tellHere4   = unix.IP_RECVPKTINFO
	here4       = unix.IP_PKTINFO
	hereSize4   = unix.SizeofInet4Pktinfo
	cameTo4     = 8 // ipi_addr
	sentFrom4   = unix.IP_PKTINFO
	sentFromAt4 = 4 // ipi_spec_dst
)
