package winport

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
	"iocp/internal/sys/win"
)

// The completion keys. Packets of operations are told apart by their records.
const (
	ioKey   = 0
	wakeKey = 1
)

// Port is a completion port of the Windows kernel.
type Port struct {
	handle  windows.Handle
	sink    driver.Sink
	pool    *driver.Pool
	accepts *driver.Accepts
	records slab
	handles driver.Slots[*handle] // attached, and their SOCKETs not yet closed

	lent    atomic.Int64  // records in the kernel
	unknown atomic.Uint64 // packets that belong to no record
	woken   atomic.Bool   // a wake packet is queued
	shut    atomic.Bool

	alarm alarm
	crew  *blocking.Crew // reads files that are sent

	// The poller's own.
	entries  [128]win.OverlappedEntry
	reported bool
}

// NewPoller implements driver.Port.
func (p *Port) NewPoller(*driver.LocalQueue) driver.Poller { return driver.NewSinglePoller(p) }

// SeveralPoll implements driver.Port.
func (p *Port) SeveralPoll() bool { return false }

// Poll implements driver.Port.
func (p *Port) Poll(timeout time.Duration) error {
	deadline := time.Now().Add(max(timeout, 0))
	if timeout > 0 {
		p.alarm.set(p, deadline)
	}
	p.reported = false
	for {
		woken, err := p.dequeue(patience(timeout))
		if errors.Is(err, windows.Errno(windows.WAIT_TIMEOUT)) {
			return nil
		}
		if err != nil {
			return sysError("GetQueuedCompletionStatusEx", err)
		}
		if woken || p.reported || p.shut.Load() || timeout == 0 {
			return nil
		}
		if timeout > 0 {
			timeout = max(time.Until(deadline), 0)
		}
	}
}

// dequeue removes packets once and sees to each; it tells whether Wake's was
// among them.
func (p *Port) dequeue(timeout uint32) (woken bool, err error) {
	n, err := system.dequeue(p.handle, p.entries[:], timeout)
	if err != nil {
		return false, err
	}
	for _, e := range p.entries[:n] {
		if e.Key == wakeKey {
			p.woken.Store(false)
			woken = true
			continue
		}
		r, owner := p.records.find(e.Overlapped)
		if r == nil {
			p.unknown.Add(1)
			continue
		}
		owner.packet(r, int(e.Bytes))
	}
	return woken, nil
}

// patience is how long the kernel is to wait: see alarm.
func patience(timeout time.Duration) uint32 {
	if timeout == 0 {
		return 0
	}
	return windows.INFINITE
}

// milliseconds rounds a time up to what the kernel counts in.
func milliseconds(d time.Duration) uint32 {
	return uint32(min((d+time.Millisecond-1)/time.Millisecond, math.MaxUint32-1))
}

// Wake implements driver.Port. It takes no lock, since the sink may call it
// with its own held. At most one packet is on its way at a time.
func (p *Port) Wake() {
	if p.woken.Swap(true) {
		return
	}
	if err := windows.PostQueuedCompletionStatus(p.handle, 0, wakeKey, nil); err != nil {
		p.woken.Store(false)
	}
}

// Flush implements driver.Port: nothing is held back.
func (p *Port) Flush() {}

// Note implements driver.Port.
func (p *Port) Note() string {
	if n := p.unknown.Load(); n > 0 {
		return fmt.Sprintf("%d packets ignored that belong to no operation", n)
	}
	return ""
}

// Shut implements driver.Port.
func (p *Port) Shut() {
	p.shut.Store(true)
	for _, h := range p.handles.All() {
		h.owner.Close()
	}
	p.crew.Shut()
}

// InFlight implements driver.Port.
func (p *Port) InFlight() int { return int(p.lent.Load()) + p.crew.InFlight() }

// Close implements driver.Port. After a failed Poll there may be sockets left
// that waited for their packets; they are closed here.
func (p *Port) Close() error {
	p.crew.Wait()
	p.alarm.stop()
	for _, h := range p.handles.All() {
		h.mu.Lock()
		h.release()
		h.mu.Unlock()
	}
	if p.lent.Load() == 0 {
		p.records.unpin()
	} else {
		abandon(&p.records)
	}
	return sysError("CloseHandle", windows.CloseHandle(p.handle))
}

// report gives an operation, whose result is set, to the sink.
func (p *Port) report(op *driver.Op, polling bool) {
	if polling {
		p.reported = true
	}
	p.sink.Complete(op, nil, driver.ByPoller(polling))
}

// finish reports the operation of a record and frees the record.
func (p *Port) finish(r *record, polling bool) {
	op := r.op
	p.records.put(r)
	p.report(op, polling)
}
