package winport

import (
	"slices"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// poller is one worker's (driver.Poller). Any number may wait in
// GetQueuedCompletionStatusEx at a time; none has handles of its own.
type poller struct {
	port     *Port
	local    *driver.LocalQueue // nil: the global queue
	call     call
	alarm    alarm
	idle     driver.IdleTime
	entries  [128]win.OverlappedEntry
	reported bool // an operation, in the Poll under way
}

// NewPoller implements driver.Port.
func (p *Port) NewPoller(local *driver.LocalQueue) driver.Poller {
	return &poller{port: p, local: local}
}

// SeveralPoll implements driver.Port.
func (p *Port) SeveralPoll() bool { return true }

// Poll implements driver.Poller.
func (po *poller) Poll(timeout time.Duration) error {
	deadline := time.Now().Add(max(timeout, 0))
	if timeout > 0 {
		po.port.alarms.start(po, deadline)
	}
	po.reported = false
	for {
		woken, err := po.dequeue(timeout != 0)
		if err == win.TimedOut {
			return nil
		}
		if err != nil {
			return sysError("GetQueuedCompletionStatusEx", err)
		}
		if woken || po.reported || po.port.shut.Load() || timeout == 0 {
			return nil
		}
		if timeout > 0 {
			timeout = max(time.Until(deadline), 0)
		}
	}
}

// dequeue removes packets once, waiting for them or not, and sees to each; it
// tells whether the poller has been woken. The wake is passed on first.
func (po *poller) dequeue(wait bool) (woken bool, err error) {
	mayWait := po.port.waker.enter(&po.call, wait)
	entries, err := po.take(wait && mayWait)
	passed := slices.ContainsFunc(entries, isWake)
	woken = po.port.waker.leave(&po.call, passed)
	for _, e := range entries {
		if !isWake(e) {
			po.packet(e)
		}
	}
	return woken || !mayWait, err
}

// take removes packets. The kernel is given no timeout to wait for: see alarm.
func (po *poller) take(wait bool) ([]win.OverlappedEntry, error) {
	timeout := uint32(0)
	if wait {
		timeout = windows.INFINITE
		po.idle.Begin()
		defer po.idle.End()
	}
	n, err := system.dequeue(po.port.handle, po.entries[:], timeout)
	if err != nil {
		return nil, err
	}
	return po.entries[:n], nil
}

func isWake(e win.OverlappedEntry) bool { return e.Key == wakeKey }

// packet sees to one that isn't the waker's.
func (po *poller) packet(e win.OverlappedEntry) {
	r, owner := po.port.records.find(e.Overlapped)
	if r == nil {
		po.port.unknown.Add(1)
		return
	}
	owner.packet(r, int(e.Bytes), po)
}

// Wake implements driver.Poller.
func (po *poller) Wake() { po.port.waker.wake(&po.call) }

// Leave implements driver.Poller: it leaves nothing behind.
func (po *poller) Leave() {}

// Owns implements driver.Poller.
func (po *poller) Owns() bool { return false }

// Active implements driver.Poller.
func (po *poller) Active() int { return -1 }

// Give implements driver.Poller.
func (po *poller) Give(driver.Poller, int) {}

// Idle implements driver.Poller.
func (po *poller) Idle() time.Duration { return po.idle.Total() }
