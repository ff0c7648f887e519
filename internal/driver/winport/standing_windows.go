package winport

import (
	"slices"

	"iocp/internal/driver"
)

// requestsMax is how many AcceptEx a standing accept has in the kernel: so many
// connections of a burst need no answer from us.
const requestsMax = 16

// standing is one AcceptMany. It is guarded by its listener's mutex.
//
// A request that fails, and may do better later, leaves the others in the kernel;
// none is added until the setback says so.
type standing struct {
	driver.Standing
	l    *Listener
	op   *driver.Op
	reqs []*record // in the kernel

	order driver.Order

	// The last request to come back brought no connection, so that having new
	// ones in the kernel doesn't mean that the setback is over.
	doubtful bool

	err error // why it ends; nil while it goes on
}

// acceptMany starts a standing accept. The lock is held.
func (l *Listener) acceptMany(op *driver.Op) error {
	st := &standing{l: l, op: op}
	st.Init(&l.mu, l.port.accepts, func() { st.fill(nil) }, func() { st.supply(nil) })
	l.standing = append(l.standing, st)
	st.fill(nil)
	return nil
}

// fill keeps the kernel supplied with requests, but for a setback.
func (st *standing) fill(by *poller) {
	if !st.On() {
		st.supply(by)
	}
}

// supply is fill, in a setback too.
func (st *standing) supply(by *poller) {
	for st.err == nil && len(st.reqs) < requestsMax && len(st.reqs) < st.Room() {
		r := st.l.port.records.take(st.l, st.op)
		r.many = st
		if err := st.l.post(r); err != nil {
			st.l.port.records.put(r)
			st.failed(err, by)
			return
		}
		st.reqs = append(st.reqs, r)
	}
	if !st.doubtful {
		st.Over()
	}
}

// failed sees to a request that the kernel refuses, or that is back with an error.
// Nobody misses anything as long as there is another.
func (st *standing) failed(err error, by *poller) {
	if !driver.Passes(err) {
		st.stop(err, by)
		return
	}
	if st.Failed(len(st.reqs) == 0) {
		st.l.port.report(st.Node(st.op, nil, err), &st.order, by)
	}
}

// accepted sees to a request that is back, with a connection or an error.
// Connections are reported even when the accept is ending: they exist, and
// nobody else would close them.
func (st *standing) accepted(r *record, conn *Stream, err error, by *poller) {
	st.reqs = slices.DeleteFunc(st.reqs, func(o *record) bool { return o == r })
	st.l.port.records.put(r)
	switch {
	case conn != nil:
		st.l.port.report(st.Node(st.op, conn, nil), &st.order, by)
		st.succeeded(by)
	case st.err == nil:
		st.doubtful = true
		st.failed(err, by)
	}
	st.endIfEmpty(by)
}

// succeeded goes on after a connection.
func (st *standing) succeeded(by *poller) {
	if st.doubtful {
		st.doubtful = false
		st.supply(by)
		return
	}
	st.fill(by)
}

// stop begins the end, for which err is the reason, and reports whether it
// hadn't begun before. The last request that comes back completes it.
func (st *standing) stop(err error, by *poller) bool {
	if st.err != nil {
		return false
	}
	st.err = err
	st.Over()
	for _, r := range st.reqs {
		r.canceled = true
		system.cancel(st.l.sock, &r.ov)
	}
	st.endIfEmpty(by)
	return true
}

// endIfEmpty reports the last completion once no request is in the kernel.
func (st *standing) endIfEmpty(by *poller) {
	l := st.l
	i := slices.Index(l.standing, st)
	if st.err == nil || len(st.reqs) > 0 || i < 0 {
		return
	}
	l.standing = slices.Delete(l.standing, i, i+1)
	st.op.More, st.op.Err = false, st.err
	l.port.report(st.op, &st.order, by)
}
