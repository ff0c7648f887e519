package winport

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/win"
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

// Calls has the calls recorded by which sockets are prepared. The nth bind fails
// with the nth of the given errors, if it isn't nil.
func Calls(t *testing.T, binds ...error) (made func() []string) {
	var mu sync.Mutex
	var all []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, fmt.Sprintf(format, args...))
	}
	before := system
	system.setOption = func(sock windows.Handle, level, name, value int) error {
		note("setsockopt %#x %#x %d", level, name, value)
		return before.setOption(sock, level, name, value)
	}
	system.setSYNRetries = func(sock windows.Handle, retries uint8) error {
		note("retries %d", retries)
		return before.setSYNRetries(sock, retries)
	}
	system.bind = func(sock windows.Handle, to windows.Sockaddr) error {
		note("bind")
		if len(binds) > 0 {
			err := binds[0]
			if binds = binds[1:]; err != nil {
				return err
			}
		}
		return before.bind(sock, to)
	}
	system.listen = func(sock windows.Handle, backlog int) error {
		note("listen %d", backlog)
		return before.listen(sock, backlog)
	}
	system.connect = func(sock windows.Handle, to windows.Sockaddr, r *record) error {
		note("ConnectEx")
		return before.connect(sock, to, r)
	}
	t.Cleanup(func() { system = before })
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		calls := all
		all = nil
		return calls
	}
}

// FewestRetries is how Calls has the call that asks for as few SYNs as this
// system can be asked for: Wine 8 passes for Windows 7.
func FewestRetries() string { return fmt.Sprintf("retries %d", synRetriesMin()) }

// Timeouts has those recorded that the kernel is given for waits.
func Timeouts(t *testing.T) (given func() []uint32) {
	var all []uint32
	dequeue := system.dequeue
	system.dequeue = func(port windows.Handle, entries []win.OverlappedEntry, timeout uint32) (int, error) {
		all = append(all, timeout)
		return dequeue(port, entries, timeout)
	}
	t.Cleanup(func() { system.dequeue = dequeue })
	return func() []uint32 { return all }
}
