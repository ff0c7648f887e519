package eventset

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What a descriptor is ready for has the numbers that epoll has for it, so that
// nothing need be translated for each event.
func TestReadyIsWhatEpollSays(t *testing.T) {
	for bit, epolls := range map[Ready]uint32{
		Readable: unix.EPOLLIN, Writable: unix.EPOLLOUT, Urgent: unix.EPOLLPRI,
		Failed: unix.EPOLLERR, HungUp: unix.EPOLLHUP, Ended: unix.EPOLLRDHUP,
	} {
		if uint32(bit) != epolls {
			t.Errorf("%#x, and epoll has %#x", bit, epolls)
		}
	}
}
