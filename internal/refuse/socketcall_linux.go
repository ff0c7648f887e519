//go:build 386 || s390x

package refuse

import "golang.org/x/sys/unix"

// Here Go makes sockets' calls by one call that is told which (socketcall(2),
// linux/net.h), though the kernel has numbers for them too.
const socketcall = unix.SYS_SOCKETCALL

var socketcalls = map[uint32]uint32{unix.SYS_CONNECT: 3, unix.SYS_ACCEPT4: 18}
