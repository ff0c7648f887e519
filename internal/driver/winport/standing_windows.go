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
	l       *Listener
	op      *driver.Op
	reqs    []*record    // in the kernel
	out     int          // nodes reported and not yet dequeued
	free    []*driver.Op // nodes to be used again
	setback driver.Setback

	// The last request to come back brought no connection, so that having new
	// ones in the kernel doesn't mean that the setback is over.
	doubtful bool

	err error // why it ends; nil while it goes on
}

// acceptMany starts a standing accept. The lock is held.
func (l *Listener) acceptMany(op *driver.Op) error {
	st := &standing{l: l, op: op}
	st.setback = driver.Setback{Counts: l.port.accepts, Again: st.again}
	l.standing = append(l.standing, st)
	st.fill(false)
	return nil
}

// fill keeps the kernel supplied with requests, but for a setback.
func (st *standing) fill(polling bool) {
	if !st.setback.On() {
		st.supply(polling)
	}
}

// again is fill in a setback.
func (st *standing) again() {
	st.l.mu.Lock()
	defer st.l.mu.Unlock()
	if st.setback.On() {
		st.supply(false)
	}
}

func (st *standing) supply(polling bool) {
	for st.err == nil && len(st.reqs) < requestsMax && len(st.reqs)+st.out < driver.UndequeuedMax {
		r := st.l.port.records.take(st.l, st.op)
		r.many = st
		if err := st.l.post(r); err != nil {
			st.l.port.records.put(r)
			st.failed(err, polling)
			return
		}
		st.reqs = append(st.reqs, r)
	}
	if !st.doubtful {
		st.setback.Over()
	}
}

// failed sees to a request that the kernel refuses, or that is back with an error.
// Nobody misses anything as long as there is another.
func (st *standing) failed(err error, polling bool) {
	if !driver.Passes(err) {
		st.stop(err, polling)
		return
	}
	if st.setback.Failed(len(st.reqs) == 0) {
		st.l.port.report(st.node(nil, err), polling)
	}
}

// accepted sees to a request that is back, with a connection or an error.
// Connections are reported even when the accept is ending: they exist, and
// nobody else would close them.
func (st *standing) accepted(r *record, conn *Stream, err error) {
	st.reqs = slices.DeleteFunc(st.reqs, func(o *record) bool { return o == r })
	st.l.port.records.put(r)
	switch {
	case conn != nil:
		st.l.port.report(st.node(conn, nil), true)
		st.succeeded()
	case st.err == nil:
		st.doubtful = true
		st.failed(err, true)
	}
	st.endIfEmpty(true)
}

// succeeded goes on after a connection.
func (st *standing) succeeded() {
	if st.doubtful {
		st.doubtful = false
		st.supply(true)
		return
	}
	st.fill(true)
}

// node makes the completion that brings a connection, or tells that there can't
// be one for now.
func (st *standing) node(conn *Stream, err error) *driver.Op {
	st.out++
	var node *driver.Op
	if n := len(st.free); n > 0 {
		node, st.free = st.free[n-1], st.free[:n-1]
	} else {
		node = driver.NewNode(st)
	}
	node.Self, node.Key, node.Kind = st.op.Self, st.op.Key, st.op.Kind
	node.More, node.Err = true, err
	if conn != nil {
		node.SetAccepted(conn)
	}
	return node
}

// Recycle implements driver.Recycler.
func (st *standing) Recycle(node *driver.Op) {
	st.l.mu.Lock()
	defer st.l.mu.Unlock()
	st.out--
	node.ResetResult()
	node.Self, node.Key = nil, nil
	st.free = append(st.free, node)
	st.fill(false)
}

// stop begins the end, for which err is the reason, and reports whether it
// hadn't begun before. The last request that comes back completes it.
func (st *standing) stop(err error, polling bool) bool {
	if st.err != nil {
		return false
	}
	st.err = err
	st.setback.Over()
	for _, r := range st.reqs {
		r.canceled = true
		system.cancel(st.l.sock, &r.ov)
	}
	st.endIfEmpty(polling)
	return true
}

// endIfEmpty reports the last completion once no request is in the kernel.
func (st *standing) endIfEmpty(polling bool) {
	l := st.l
	i := slices.Index(l.standing, st)
	if st.err == nil || len(st.reqs) > 0 || i < 0 {
		return
	}
	l.standing = slices.Delete(l.standing, i, i+1)
	st.op.More, st.op.Err = false, st.err
	l.port.report(st.op, polling)
}
