//go:build darwin || freebsd

package sock

import "syscall"

// PortLater does nothing: here bind(2) takes the port of a socket that is bound to an
// address alone.
func PortLater(int) {}

// NoNet is an error of accept(2) that only Linux has.
const NoNet = syscall.Errno(0)
