package porttest

import (
	"errors"
	"io"
	"net"
	"os"

	"iocp"
)

// Closing while something else is going on, and what an old handle mustn't
// reach: C91, C110, C111.

// closeRacesConnections closes listeners while connections come. A connection
// is handed out or ended; none is left behind that nobody has.
func closeRacesConnections(t *trial) {
	t.foreignNet() // there before the goroutines that use it
	for range 50 {
		l := t.listener("listener")
		at := l.Addr()
		var ops [2]iocp.Op
		for i := range ops {
			t.accept(l, &ops[i])
		}
		dialing := background(t, "the peer connecting", func() (peerConn, error) { return t.tryDial(at) })
		t.must(l.Close())
		conn, _ := dialing.result()
		for range ops {
			c := t.next()
			if c.Err != nil {
				t.check(c, packet{op: c.Op, key: "listener", err: net.ErrClosed})
			} else {
				t.must(c.Socket.Close())
			}
		}
		if conn == nil {
			continue
		}
		p := t.newPeer(conn)
		p.Write([]byte("x")) // may fail; see listenerClosing
		if _, err := io.Copy(io.Discard, p); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("a connection outlived its listener with nobody to have it")
		}
		p.Close()
	}
}

// handlesReused makes and closes connections in turn, so that the system uses
// its numbers again: what is left of one mustn't reach the next.
func handlesReused(t *trial) {
	l := t.listener("listener")
	ops := make([]iocp.Op, 100)
	var accept iocp.Op
	for i := range ops {
		t.accept(l, &accept)
		client := t.dial(l.Addr())
		s := t.expect(packet{op: &accept, key: "listener"}).Socket
		t.must(t.port.Associate(s, i))
		t.recv(s, &ops[i], make([]byte, 8))
		if i%2 == 0 {
			client.write([]byte{byte(i)})
			t.expect(packet{op: &ops[i], key: i, n: 1})
			t.must(s.Close())
		} else {
			t.must(s.Close())
			t.expect(packet{op: &ops[i], key: i, err: net.ErrClosed})
		}
		t.must(client.Close())
	}
}

// oldOperations closes a socket with a receive pending and has another take its
// number in the system at once, before the old packet is dequeued.
func oldOperations(t *trial) {
	ln := t.foreignListener(loopback4)
	for i := range 50 {
		old, oldPeer := t.pair("old")
		var recv, connect iocp.Op
		oldBuf, buf := make([]byte, 8), make([]byte, 8)
		t.recv(old, &recv, oldBuf)
		t.must(old.Close())
		s := t.socket(i)
		t.connect(s, &connect, addrOf(ln.Addr()))
		old.Cancel(&recv) // may find it or not,
		old.CancelAll()   // but nothing of another's
		for range 2 {
			if c := t.next(); c.Op == &recv {
				t.check(c, packet{op: &recv, key: "old", err: net.ErrClosed})
			} else {
				t.check(c, packet{op: &connect, key: i})
			}
		}
		clear(oldBuf)
		oldPeer.Write([]byte("to none")) // may fail
		conn, err := ln.Accept()
		t.must(err)
		peer := t.newPeer(conn.(peerConn))
		t.recv(s, &recv, buf)
		t.refused(old.Cancel(&recv), iocp.ErrNotFound)
		t.refused(old.CancelAll(), iocp.ErrNotFound)
		peer.write([]byte("new"))
		t.expect(packet{op: &recv, key: i, n: 3})
		t.must(compare(buf[:3], []byte("new")))
		t.must(compare(oldBuf, make([]byte, len(oldBuf))))
		t.must(s.Close())
	}
}

// closeUnderUse closes handles while other goroutines use them. One of the
// closers is told that it did it; the users, if anything, that it is closed.
func closeUnderUse(t *trial) {
	for range 10 {
		s, _ := t.pair("socket")
		t.closedUnder(s, map[string]func(*iocp.Op) error{
			"recv":   func(op *iocp.Op) error { return s.Recv(op, make([]byte, 8)) },
			"pooled": func(op *iocp.Op) error { return s.RecvPooled(op) },
			"send":   func(op *iocp.Op) error { return s.Send(op, []byte("x")) },
			"probe":  func(op *iocp.Op) error { return s.Recv(op, nil) },
		}, s.CancelAll)
		l := t.listener("listener")
		t.closedUnder(l, map[string]func(*iocp.Op) error{
			"accept":      func(op *iocp.Op) error { return l.Accept(op) },
			"accept many": func(op *iocp.Op) error { return l.AcceptMany(op) },
		}, l.CancelAll)
	}
	t.quiet()
}

func (t *trial) closedUnder(h io.Closer, uses map[string]func(*iocp.Op) error, cancelAll func() error) {
	t.Helper()
	var users []*future[struct{}]
	for what, start := range uses {
		users = append(users, background(t, what, func() (struct{}, error) {
			for {
				op := &iocp.Op{}
				if err := t.attempt(op, func() error { return start(op) }); err != nil {
					return struct{}{}, unless(err, net.ErrClosed)
				}
				if err := unless(cancelAll(), iocp.ErrNotFound); err != nil {
					return struct{}{}, err
				}
			}
		}))
	}
	var closers []*future[error]
	for range 3 {
		closers = append(closers, background(t, "closing", func() (error, error) { return h.Close(), nil }))
	}
	closed := 0
	for _, c := range closers {
		if err := c.must(); err == nil {
			closed++
		} else {
			t.refused(err, net.ErrClosed)
		}
	}
	if closed != 1 {
		t.Errorf("%d of %d closers were told that they closed it", closed, len(closers))
	}
	for _, u := range users {
		u.must()
	}
	for t.ledger.outstanding() > 0 {
		if c := t.next(); c.Err != nil && !errors.Is(c.Err, net.ErrClosed) && !errors.Is(c.Err, iocp.ErrAborted) {
			t.Errorf("got completion %+v", c)
		}
	}
}

// unless is err, or nothing if that is of the class.
func unless(err, class error) error {
	if errors.Is(err, class) {
		return nil
	}
	return err
}
