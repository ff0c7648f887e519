//go:build linux || darwin || freebsd

package eventset

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/kqueue"
)

func TestWhatEventsOfAQueueSay(t *testing.T) {
	for _, c := range []struct {
		name string
		ev   kqueue.Event
		want Ready
	}{
		{"data", kqueue.Event{Filter: kqueue.Read, Flags: kqueue.Clear, Data: 5}, Readable},
		{"data and an end", kqueue.Event{Filter: kqueue.Read, Flags: kqueue.Clear | kqueue.EOF, Data: 5}, Readable | Ended | Writable},
		{"a reset", kqueue.Event{Filter: kqueue.Read, Flags: kqueue.Clear | kqueue.EOF, Fflags: uint32(unix.ECONNRESET)}, Readable | Ended | Writable},
		{"room", kqueue.Event{Filter: kqueue.Write, Flags: kqueue.Clear, Data: 5}, Writable},
		{"nobody to send to", kqueue.Event{Filter: kqueue.Write, Flags: kqueue.Clear | kqueue.EOF}, Writable},
		{"the waker", kqueue.Event{Filter: kqueue.User, Flags: kqueue.Clear}, 0},
	} {
		if got := ready(&c.ev); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
	}
}
