//go:build !unix && !windows

package portable

import "syscall"

// readable reports that nothing is known to be there: there is no call to ask.
func readable(syscall.RawConn) bool { return false }

// severed reports that the peer has shut down its stream, which is all that can
// be told here.
func severed(syscall.RawConn) bool { return false }
