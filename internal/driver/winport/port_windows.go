package winport

import (
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
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
	shut    atomic.Bool

	waker   waker
	alarms  alarms
	own     *poller        // of the port itself: no worker's
	threads *blocking.Pool // reads files that are sent
}

// Poll implements driver.Port.
func (p *Port) Poll(timeout time.Duration) error { return p.own.Poll(timeout) }

// Wake implements driver.Port. The sink may call it with its lock held.
func (p *Port) Wake() { p.waker.wakeAll() }

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
	p.threads.Shut()
}

// InFlight implements driver.Port.
func (p *Port) InFlight() int { return int(p.lent.Load()) + p.threads.InFlight() }

// landed counts a record that is back from the kernel.
func (p *Port) landed() {
	if p.lent.Add(-1) == 0 && p.shut.Load() {
		p.Wake() // whoever closes the port waits for InFlight to fall, maybe for a packet that another has
	}
}

// Close implements driver.Port. After a failed Poll there may be sockets left
// that waited for their packets; they are closed here.
func (p *Port) Close() error {
	p.threads.Wait()
	p.alarms.stop()
	p.waker.close()
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

// report gives an operation, whose result is set, to the sink. order is that of its
// direction, and by who polls, or nil.
func (p *Port) report(op *driver.Op, order *driver.Order, by *poller) {
	var local *driver.LocalQueue
	if by != nil {
		by.reported = true
		local = by.local
	}
	p.sink.Complete(op, order, local)
}

// finish reports the operation of a record, which stood in line, and frees the record.
func (p *Port) finish(l *line, r *record, by *poller) {
	op := r.op
	p.records.put(r)
	p.report(op, &l.order, by)
}
