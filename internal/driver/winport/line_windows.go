package winport

import (
	"slices"

	"iocp/internal/driver"
)

// line is the operations of one direction in the order in which they were
// accepted. They are reported in that order too: the kernel gives records back
// in order (C62, C74), but what completes inside the starting call may be
// queued before the packet of an earlier one that has just been completed on
// another processor, and two threads may have dequeued packets of one line.
type line struct {
	recs  []*record
	order driver.Order // of what has been reported
}

func (l *line) push(r *record) { l.recs = append(l.recs, r) }

func (l *line) remove(r *record) {
	if i := slices.Index(l.recs, r); i >= 0 {
		l.recs = slices.Delete(l.recs, i, i+1)
	}
}

// find is the record of an operation, or nil. It looks at no operation: one
// that isn't on the line may be in use elsewhere.
func (l *line) find(op *driver.Op) *record {
	for _, r := range l.recs {
		if r.op == op {
			return r
		}
	}
	return nil
}

// ready is the operation to give to the kernel now, or nil.
func (l *line) ready() *record {
	for i, r := range l.recs {
		switch {
		case r.state == done:
		case r.state == queued && (i == 0 || !r.alone):
			return r
		case r.state == queued || r.alone:
			return nil
		}
	}
	return nil
}

// over takes the operation to be reported now off the line; nil when there is
// none. One that was cancelled overtakes those that may go on for any time, but
// not those that were cancelled as well: they come back in any order (C108; Wine
// 8 gives the newest first).
func (l *line) over() *record {
	leaving := true // all before are cancelled
	for i, r := range l.recs {
		if r.state == done && (i == 0 || !leaving && r.canceled && r.op.Err != nil) {
			l.recs = slices.Delete(l.recs, i, i+1)
			return r
		}
		leaving = leaving && r.canceled
	}
	return nil
}

// giveUp ends what the kernel doesn't hold.
func (l *line) giveUp(err error) {
	for _, r := range l.recs {
		if r.state == queued || r.state == starved {
			r.end(r.op.N, err)
		}
	}
}
