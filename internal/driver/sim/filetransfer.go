package sim

import (
	"net"
	"slices"
	"syscall"

	"iocp/internal/driver"
)

// How rarely misfortunes happen on a rough network's disks.
const (
	rarelyFullDisk = 64 // a write ends half-way
	rarelyBadDisk  = 64 // nothing is read
)

var (
	errFullDisk = sysError("write", driver.ErrLimit, syscall.ENOSPC)
	errBadDisk  = sysError("read", driver.ErrUnclassified, syscall.EIO)
)

// fileTransfer is a transfer for an operation of a file.
type fileTransfer struct {
	f  *file
	op *driver.Op
}

// finish carries the operation out, unless it is given up after all.
func (t fileTransfer) finish() {
	switch f := t.f; {
	case t.op.Canceled && f.chance.coin():
		t.over(0, driver.ErrAborted)
	case f.closed && f.chance.coin():
		t.over(0, net.ErrClosed)
	default:
		t.over(f.carryOut(t.op))
	}
	t.f.port.ends(t)
}

// abandon implements transfer.
func (t fileTransfer) abandon() { t.over(0, net.ErrClosed) }

func (t fileTransfer) over(n int, err error) {
	i := slices.Index(t.f.busy, t.op)
	t.f.busy = slices.Delete(t.f.busy, i, i+1)
	t.f.complete(t.op, n, err)
	t.f.release()
}

// carryOut does what the operation asks for, as far as the disk allows it.
func (f *file) carryOut(op *driver.Op) (n int, err error) {
	buf := op.Bufs()[0]
	switch {
	case op.Kind == driver.KindReadAt && f.chance.strikes(rarelyBadDisk):
		return 0, errBadDisk
	case op.Kind == driver.KindWriteAt && len(buf) > 0 && f.chance.strikes(rarelyFullDisk):
		op.SetOneBuf(buf[:f.chance.IntN(len(buf))])
		if n, err = f.disk.CarryOut(op); err == nil {
			err = errFullDisk
		}
		return n, err
	}
	return f.disk.CarryOut(op)
}
