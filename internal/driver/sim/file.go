package sim

import (
	"io/fs"
	"net"
	"net/netip"
	"slices"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// file is a file of this machine, whose operations are carried out when the
// network's clock says, in an order that is left to chance. The network's lock
// guards it. The life of an operation:
//
//	waiting -> busy  its memory is in use
//	waiting -> over  cancelled or closed
//	busy    -> over  carried out, or given up before that
//
// The system's file is closed when the file is and nothing is busy.
type file struct {
	disk   *blocking.File
	net    *network
	port   *port // nil until attached
	chance chance

	waiting, busy []*driver.Op
	closed        bool
}

// OpenFile implements driver.FilePort.
func (p *port) OpenFile(name string, flag int, perm fs.FileMode) (driver.File, error) {
	n := p.net
	if n.profile.lacks(partFile) {
		return nil, driver.ErrNotSupported
	}
	disk, err := blocking.Open(name, flag, perm)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.unlock()
	return &file{disk: disk, net: n, chance: n.profile.chance(n.next())}, nil
}

// Attach implements driver.Handle.
func (f *file) Attach(to driver.Port) (err error) {
	f.net.mu.Lock()
	defer f.net.unlock()
	if f.closed {
		return net.ErrClosed
	}
	f.port, err = f.net.attach(to, f)
	return err
}

// ReadAt implements driver.File.
func (f *file) ReadAt(op *driver.Op) error { return f.submit(op) }

// WriteAt implements driver.File.
func (f *file) WriteAt(op *driver.Op) error { return f.submit(op) }

// submit has an operation wait, and something be begun in a while: for each
// that waits there is at least one event that begins one.
func (f *file) submit(op *driver.Op) error {
	f.net.mu.Lock()
	defer f.net.unlock()
	if f.closed {
		return net.ErrClosed
	}
	if err := f.chance.refusal(op, len(f.waiting)+len(f.busy)); err != nil {
		return err
	}
	f.waiting = append(f.waiting, op)
	f.net.after(f.chance.delay(), f.begin)
	return nil
}

// begin begins any operation, if one waits.
func (f *file) begin() {
	if len(f.waiting) == 0 {
		return
	}
	i := f.chance.IntN(len(f.waiting))
	t := fileTransfer{f, f.waiting[i]}
	f.waiting = slices.Delete(f.waiting, i, i+1)
	f.busy = append(f.busy, t.op)
	f.port.begins(t)
	f.net.after(f.chance.delay(), t.finish)
}

// Cancel implements driver.Handle. For one that is busy it may be too late.
func (f *file) Cancel(op *driver.Op) bool {
	f.net.mu.Lock()
	defer f.net.unlock()
	if i := slices.Index(f.waiting, op); i >= 0 {
		f.waiting = slices.Delete(f.waiting, i, i+1)
		f.complete(op, 0, driver.ErrAborted)
		return true
	}
	if slices.Contains(f.busy, op) {
		op.Canceled = true
		return true
	}
	return false
}

// CancelAll implements driver.Handle.
func (f *file) CancelAll() int {
	f.net.mu.Lock()
	defer f.net.unlock()
	n := len(f.waiting) + len(f.busy)
	f.giveUp(driver.ErrAborted)
	for _, op := range f.busy {
		op.Canceled = true
	}
	return n
}

// giveUp ends what waits.
func (f *file) giveUp(err error) {
	for _, op := range f.waiting {
		f.complete(op, 0, err)
	}
	f.waiting = nil
}

func (f *file) complete(op *driver.Op, n int, err error) {
	op.N, op.Err = n, err
	f.port.complete(op)
}

// Close implements driver.Handle.
func (f *file) Close() error {
	f.net.mu.Lock()
	defer f.net.unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.port != nil {
		f.port.detach(f)
	}
	f.giveUp(net.ErrClosed)
	return f.release()
}

// release closes the system's file when nobody needs it any more.
func (f *file) release() error {
	if !f.closed || len(f.busy) > 0 {
		return nil
	}
	return f.disk.Close()
}

// Size implements driver.File.
func (f *file) Size() (int64, error) { return f.disk.Size() }

// LocalAddr implements driver.Handle: a file has no address.
func (f *file) LocalAddr() netip.AddrPort { return netip.AddrPort{} }
