// Package winport is the backend for Windows itself: its completion port, with
// the overlapped calls of Winsock.
//
// Whoever waits polls, any number at a time: Poller.Poll is
// GetQueuedCompletionStatusEx, and packets go from there to the sink without
// passing through another goroutine.
//
// What the kernel holds of an operation is a [record]: the OVERLAPPED, the
// WSABUFs, and pins on the caller's buffers. Records belong to the port, are
// used again, and are let go of only when their packet has been dequeued,
// whatever was cancelled or closed meanwhile (C55).
//
// Locks: a socket's or listener's mutex, then the pool's, the record slab's,
// or those that the sink takes, and the waker's below these. Each is held for system calls that don't wait.
package winport

import (
	"math"
	"sync"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// Backend makes ports of the Windows kernel.
type Backend struct{}

// Name implements driver.Backend.
func (Backend) Name() string { return "winport" }

// Open implements driver.Backend.
func (Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	if err := startWinsock(); err != nil {
		return nil, err
	}
	// No limit to the kernel's concurrency value, as in the Go runtime's own
	// port. It counts threads, which Go hands from goroutine to goroutine: a
	// thread that has polled counts as busy on the port while it runs whatever
	// else, and would keep the next poller's thread waiting with packets queued
	// (C19). The root package counts workers instead.
	port, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, math.MaxUint32)
	if err != nil {
		return nil, sysError("CreateIoCompletionPort", err)
	}
	p := &Port{handle: port, sink: sink, pool: cfg.Pool, accepts: cfg.Accepts}
	p.own = &poller{port: p}
	p.waker.init(func() error { return windows.PostQueuedCompletionStatus(port, 0, wakeKey, nil) })
	p.threads = blocking.NewPool(sink, p.Wake)
	return p, nil
}

// startWinsock initializes Winsock 2.2 and finds ConnectEx, once per process;
// nothing ends it again, since other code may use it too.
var startWinsock = sync.OnceValue(func() error {
	var data windows.WSAData
	if err := windows.WSAStartup(0x0202, &data); err != nil {
		return sysError("WSAStartup", err)
	}
	return sysError("WSAIoctl", windows.LoadConnectEx())
})
