//go:build !js && !wasip1 && !plan9

package driver

import "syscall"

// UnixNameMax is how many bytes the system has for the name of a Unix socket. A
// path needs one of them for the NUL that ends it, an abstract name doesn't
// (unix(7)).
const UnixNameMax = len(syscall.RawSockaddrUnix{}.Path)
