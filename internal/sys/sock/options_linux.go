package sock

import "golang.org/x/sys/unix"

// KeepIdle is the option of TCP that says when the first keepalive probe is sent, in
// seconds.
const KeepIdle = unix.TCP_KEEPIDLE

// PortLater has the port of a socket that is bound to an address alone chosen when it
// is connected, which needs it to be free for one peer only; bind(2) would take it
// from all (ip(7), IP_BIND_ADDRESS_NO_PORT, Linux 4.2). A kernel that doesn't know the
// option does that.
func PortLater(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1) }

// NoNet is an error of accept(2) that other systems haven't.
const NoNet = unix.ENONET
