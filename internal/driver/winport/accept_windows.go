package winport

import (
	"net"
	"slices"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// Accept implements driver.Listener.
func (l *Listener) Accept(op *driver.Op) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	if op.Kind == driver.KindAcceptMany {
		return l.acceptMany(op)
	}
	r := l.port.records.take(l, op)
	if err := l.post(r); err != nil {
		l.port.records.put(r)
		return err
	}
	l.accepts.push(r)
	return nil
}

// post starts an AcceptEx. AcceptEx too may report a connection that was lost
// before it was accepted (WSAECONNRESET, on its page).
func (l *Listener) post(r *record) error {
	for {
		if err := l.postOnce(r); !lostInBacklog(err) {
			return err
		}
	}
}

// postOnce has AcceptEx receive nothing, lest a silent client pin it: it
// completes as soon as there is a connection (C87).
func (l *Listener) postOnce(r *record) error {
	conn, err := openSocket(l.v6, windows.SOCK_STREAM, windows.IPPROTO_TCP)
	if err != nil {
		return err
	}
	if r.addrs == nil {
		r.addrs = new([2 * win.AddrRoom]byte)
	}
	r.conn = conn
	r.pins.Pin(r.addrs)
	l.lend(r)
	err = l.started(r, "AcceptEx", system.accept(l.sock, conn, r))
	if err != nil {
		r.dropConn()
	}
	return err
}

// dropConn closes the socket that an accept was to connect.
func (r *record) dropConn() {
	windows.Closesocket(r.conn)
	r.conn = windows.InvalidHandle
}

// packet implements owner.
func (l *Listener) packet(r *record, _ int, by *poller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.returned(r) {
		return
	}
	conn, err := l.take(r)
	if lostInBacklog(err) || l.takenAlong(r, 0, r.status()) {
		if err = l.post(r); err == nil {
			return
		}
	}
	if r.many != nil {
		r.many.accepted(r, conn, err, by)
		return
	}
	if err == nil && !r.canceled {
		l.oldestFirst(r)
	}
	if err == nil {
		r.op.SetAccepted(conn)
	}
	r.end(0, err)
	l.accepts.remove(r)
	l.port.finish(&l.accepts, r, by)
}

// take gives the connection of an accept that is over, or the error. After a
// close there is none: without the listening socket it can't be made usable.
func (l *Listener) take(r *record) (*Stream, error) {
	err := l.outcome(r, "AcceptEx", r.status())
	if err == nil && l.closed {
		err = net.ErrClosed
	}
	if err == nil {
		// Until then it has no names and can't be shut down (C94).
		err = sysError("setsockopt", win.UpdateAcceptContext(r.conn, l.sock))
	}
	if err != nil {
		r.dropConn()
		return nil, err
	}
	s := newConnected(r.conn, l.v6)
	r.conn = windows.InvalidHandle
	return s, nil
}

// oldestFirst gives the connection that r brought to the oldest accept, and
// those between move up by one record: a record whose connection was lost is
// started again and has lost its place in the kernel's queue (C90).
func (l *Listener) oldestFirst(r *record) {
	i := slices.Index(l.accepts.recs, r)
	for _, older := range l.accepts.recs[:i] {
		if older.state == inKernel && !older.canceled {
			older.op, r.op = r.op, older.op
		}
	}
}
