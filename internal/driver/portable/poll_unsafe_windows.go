package portable

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

// pollFD is WSAPOLLFD of winsock2.h.
type pollFD struct {
	fd      windows.Handle
	events  int16
	revents int16
}

// pollRDNorm is POLLRDNORM of winsock2.h.
const pollRDNorm = 0x100

// readable reports whether a receive, or on a listener an accept, would return
// at once.
func readable(raw syscall.RawConn) bool {
	ready := false
	raw.Control(func(fd uintptr) {
		p := pollFD{fd: windows.Handle(fd), events: pollRDNorm}
		n, _, _ := wsaPoll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
		ready = int32(n) > 0
	})
	return ready
}
