//go:build js || wasip1

package driver

// UnixNameMax is as elsewhere: it is the system that says that it has no Unix
// sockets.
const UnixNameMax = 108
