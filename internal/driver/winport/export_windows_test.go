package winport

import (
	"sync/atomic"
	"testing"

	"golang.org/x/sys/windows"
)

// RefuseSockets has the system refuse new sockets, with the given error, as long
// as that isn't zero. It is to be called before the port is opened.
func RefuseSockets(t *testing.T) *atomic.Uint32 {
	refusal := new(atomic.Uint32)
	socket := system.socket
	system.socket = func(family, kind, protocol int32) (windows.Handle, error) {
		if errno := refusal.Load(); errno != 0 {
			return windows.InvalidHandle, windows.Errno(errno)
		}
		return socket(family, kind, protocol)
	}
	t.Cleanup(func() { system.socket = socket })
	return refusal
}
