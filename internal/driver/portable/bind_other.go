//go:build !linux

package portable

import "syscall"

// portLater does nothing: here the system chooses the port at once.
func portLater(string, string, syscall.RawConn) error { return nil }
