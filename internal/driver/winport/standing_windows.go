package winport

import (
	"slices"

	"iocp/internal/driver"
)

const (
	// requestsMax is how many AcceptEx a standing accept has in the kernel:
	// so many connections of a burst need no answer from us.
	requestsMax = 16

	// nodesMax bounds its connections that nobody has dequeued. Beyond it they
	// stay with the kernel, within its backlog.
	nodesMax = 64
)

// standing is one AcceptMany. It is guarded by its listener's mutex.
type standing struct {
	l    *Listener
	op   *driver.Op
	reqs []*record    // in the kernel
	out  int          // nodes reported and not yet dequeued
	free []*driver.Op // nodes to be used again
	err  error        // why it ends; nil while it goes on
}

// acceptMany starts a standing accept. The lock is held.
func (l *Listener) acceptMany(op *driver.Op) error {
	st := &standing{l: l, op: op}
	if err := st.fill(); err != nil && len(st.reqs) == 0 {
		return err
	} else if err != nil {
		st.stop(err)
	}
	l.standing = append(l.standing, st)
	return nil
}

// fill keeps the kernel supplied with requests.
func (st *standing) fill() error {
	for len(st.reqs) < requestsMax && len(st.reqs)+st.out < nodesMax {
		r := st.l.port.records.take(st.l, st.op)
		r.many = st
		if err := st.l.post(r); err != nil {
			st.l.port.records.put(r)
			return err
		}
		st.reqs = append(st.reqs, r)
	}
	return nil
}

// accepted sees to a request that is back, with a connection or an error.
// Connections are reported even when the accept is ending: they exist, and
// nobody else would close them.
func (st *standing) accepted(r *record, conn *Stream, err error) {
	st.reqs = slices.DeleteFunc(st.reqs, func(o *record) bool { return o == r })
	st.l.port.records.put(r)
	if conn != nil {
		st.out++
		st.l.port.report(st.node(conn), true)
	}
	if err == nil && st.err == nil {
		err = st.fill()
	}
	if err != nil && st.err == nil {
		st.stop(err)
		return
	}
	st.endIfEmpty(true)
}

// node makes the completion that brings conn.
func (st *standing) node(conn *Stream) *driver.Op {
	var node *driver.Op
	if n := len(st.free); n > 0 {
		node, st.free = st.free[n-1], st.free[:n-1]
	} else {
		node = driver.NewNode(st)
	}
	node.Self, node.Key, node.Kind = st.op.Self, st.op.Key, st.op.Kind
	node.More = true
	node.SetAccepted(conn)
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
	if st.err != nil {
		return
	}
	if err := st.fill(); err != nil {
		st.stop(err)
	}
}

// stop begins the end, for which err is the reason, and reports whether it
// hadn't begun before. The last request that comes back completes it.
func (st *standing) stop(err error) bool {
	if st.err != nil {
		return false
	}
	st.err = err
	for _, r := range st.reqs {
		r.canceled = true
		system.cancel(st.l.sock, &r.ov)
	}
	st.endIfEmpty(false)
	return true
}

// endIfEmpty reports the last completion once no request is in the kernel.
func (st *standing) endIfEmpty(polling bool) {
	if st.err == nil || len(st.reqs) > 0 {
		return
	}
	l := st.l
	l.standing = slices.DeleteFunc(l.standing, func(o *standing) bool { return o == st })
	st.op.More, st.op.Err = false, st.err
	l.port.report(st.op, polling)
}
