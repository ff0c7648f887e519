package portable

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// severed reports whether a connection whose stream has ended was reset: then
// it has no peer any more. Windows tells every receive of a reset (C69), so
// that its end of stream means just that; Wine tells only one call.
func severed(raw syscall.RawConn) bool {
	gone := false
	raw.Control(func(fd uintptr) {
		_, err := windows.Getpeername(windows.Handle(fd))
		gone = err != nil
	})
	return gone
}
