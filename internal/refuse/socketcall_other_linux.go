//go:build !386 && !s390x

package refuse

// Here sockets' calls have numbers of their own, and Go uses those.
const socketcall = 0

var socketcalls map[uint32]uint32
