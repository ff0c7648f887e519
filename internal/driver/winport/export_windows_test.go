package winport

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
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

// How the kernel says that it is short of memory, if it does.
const (
	Ample     = iota
	InTheCall // WSAENOBUFS
	InAPacket // STATUS_INSUFFICIENT_RESOURCES
)

// Shortage has the kernel be short of memory for whatever is started, in the way
// that is stored. It is to be called before the port is opened.
func Shortage(t *testing.T) *atomic.Int32 {
	how := new(atomic.Int32)
	before := system
	short := func(h *handle, r *record) error {
		switch how.Load() {
		case InTheCall:
			return windows.WSAENOBUFS
		case InAPacket:
			r.ov.Internal = uintptr(windows.STATUS_INSUFFICIENT_RESOURCES)
			windows.PostQueuedCompletionStatus(h.port.handle, 0, ioKey, &r.ov)
			return windows.ERROR_IO_PENDING
		}
		return nil
	}
	starting := func(call func(windows.Handle, *record) error) func(windows.Handle, *record) error {
		return func(sock windows.Handle, r *record) error {
			if err := short(&r.owner.(*Stream).handle, r); err != nil {
				return err
			}
			return call(sock, r)
		}
	}
	system.recv, system.send, system.recvFrom = starting(before.recv), starting(before.send), starting(before.recvFrom)
	system.connect = func(sock windows.Handle, to windows.Sockaddr, r *record) error {
		return starting(func(sock windows.Handle, r *record) error { return before.connect(sock, to, r) })(sock, r)
	}
	system.sendNow = func(sock windows.Handle, b []byte) (int, error) {
		if how.Load() != Ample {
			return 0, windows.WSAENOBUFS
		}
		return before.sendNow(sock, b)
	}
	system.accept = func(l, conn windows.Handle, r *record) error {
		if err := short(&r.owner.(*Listener).handle, r); err != nil {
			return err
		}
		return before.accept(l, conn, r)
	}
	t.Cleanup(func() { system = before })
	return how
}

// Inside is how many pollers of a port are in the kernel.
func Inside(p driver.Port) int {
	w := &p.(*Port).waker
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inside
}

// Dequeues has those calls counted by which packets are removed.
func Dequeues(t *testing.T) *atomic.Int64 {
	n := new(atomic.Int64)
	dequeue := system.dequeue
	system.dequeue = func(port windows.Handle, entries []win.OverlappedEntry, timeout uint32) (int, error) {
		n.Add(1)
		return dequeue(port, entries, timeout)
	}
	t.Cleanup(func() { system.dequeue = dequeue })
	return n
}
