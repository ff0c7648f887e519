package routine_test

import (
	"net"
	"net/netip"
	"time"

	"iocp"
	"iocp/routine"
)

// immediateSuccess receives what is there already.
func immediateSuccess(t *trial) {
	s, peer := t.pair()
	t.write(peer, "ab")
	var op routine.Op
	for range 2 {
		var r result
		t.must(s.Recv(&op, r.routine, make([]byte, 1)))
		if r.runs != 0 {
			t.Fatal("the routine ran inside the starting call")
		}
		t.until("a receive", r.done)
		t.is(&r, 1, nil)
	}
}

func immediateError(t *trial) {
	s, err := t.thread.NewSocket(iocp.IPv4)
	t.must(err)
	connected, _ := t.pair()
	t.must(connected.Shutdown(iocp.SendSide))
	var op routine.Op
	var r result
	t.refused(s.Recv(&op, r.routine, make([]byte, 1)), iocp.ErrNotConnected)
	t.refused(s.Connect(&op, r.routine, netip.AddrPort{}), iocp.ErrInvalid)
	t.refused(connected.Send(&op, r.routine, []byte("x")), iocp.ErrShutdown)
	t.refused(connected.Recv(&op, nil, make([]byte, 1)), iocp.ErrInvalid)
	t.refused(connected.Recv(nil, r.routine, make([]byte, 1)), iocp.ErrInvalid)
	t.refused(connected.Cancel(nil), iocp.ErrNotFound)
	if op.Pending() {
		t.Error("the Op of a refused operation is pending")
	}
	t.sleep(0, false)
	t.must(t.thread.Queue(&op, r.routine))
	t.sleep(0, true)
	t.is(&r, 0, nil)
}

func opBusy(t *trial) {
	s, peer := t.pair()
	var op routine.Op
	var r, other result
	t.must(s.Recv(&op, r.routine, make([]byte, 1)))
	t.refused(s.Recv(&op, other.routine, make([]byte, 1)), iocp.ErrBusy)
	t.refused(t.thread.Queue(&op, other.routine), iocp.ErrBusy)
	t.write(peer, "x")
	t.until("the receive", r.done)
	t.is(&r, 1, nil)
	if other.done() {
		t.Error("the routine of a refused operation ran")
	}
}

// neverWouldBlock receives where nothing waits, and sends what doesn't fit.
func neverWouldBlock(t *trial) {
	ln := t.listener()
	peer := t.dial(ln.Addr())
	s := t.tryAccept(ln)
	var recv, send routine.Op
	var received, sent result
	t.must(s.Recv(&recv, received.routine, make([]byte, 1)))
	t.sleep(0, false)
	big := make([]byte, 16<<20)
	t.must(s.Send(&send, sent.routine, big))
	t.sleep(0, false)
	t.write(peer, "x")
	t.until("the receive", received.done)
	t.is(&received, 1, nil)
	read := make(chan int)
	go func() {
		n := 0
		for buf := make([]byte, 1<<20); n < len(big); {
			got, err := peer.Read(buf)
			if n += got; err != nil {
				break
			}
		}
		read <- n
	}()
	t.until("the send", sent.done)
	t.is(&sent, len(big), nil)
	if n := <-read; n != len(big) {
		t.Errorf("the peer received %d bytes of %d", n, len(big))
	}
}

// tryAccept takes a connection that may be under way still, as the chapter's
// server does: accepts and alertable waits in turn.
func (t *trial) tryAccept(ln *routine.Listener) *routine.Socket {
	t.Helper()
	for time.Since(t.began) < bound {
		s, err := ln.TryAccept()
		if err == nil {
			return s
		}
		t.refused(err, iocp.ErrWouldBlock)
		t.sleep(time.Millisecond, false)
	}
	t.Fatal("TryAccept still finds no connection")
	return nil
}

func tryAccept(t *trial) {
	ln := t.listener()
	for range 2 {
		_, err := ln.TryAccept()
		t.refused(err, iocp.ErrWouldBlock)
	}
	peer := t.dial(ln.Addr())
	s := t.tryAccept(ln)
	_, err := ln.TryAccept()
	t.refused(err, iocp.ErrWouldBlock)
	var op routine.Op
	var r result
	t.must(s.Send(&op, r.routine, []byte("hello")))
	t.reads(peer, "hello")
	t.until("the send", r.done)
	t.is(&r, 5, nil)
}

// acceptOrder has accepts as operations wait for connections.
func acceptOrder(t *trial) {
	ln := t.listener()
	ops := make([]routine.Op, 3)
	var order []*routine.Op
	var socks []*routine.Socket
	for i := range ops {
		t.must(ln.Accept(&ops[i], func(err error, s *routine.Socket, op *routine.Op) {
			t.must(err)
			order, socks = append(order, op), append(socks, s)
		}))
	}
	peers := make([]*net.TCPConn, len(ops))
	for i := range peers {
		peers[i] = t.dial(ln.Addr())
	}
	t.until("the accepts", func() bool { return len(order) == len(ops) })
	for i, s := range socks {
		if order[i] != &ops[i] || s.RemoteAddr() != peers[i].LocalAddr().(*net.TCPAddr).AddrPort() {
			t.Errorf("accept %d brought %v, or its routine ran at another place", i, s.RemoteAddr())
		}
	}
}

func closeListener(t *trial) {
	ln := t.listener()
	var op, cancelled routine.Op
	var errs []error
	note := func(err error, s *routine.Socket, _ *routine.Op) {
		if s != nil {
			t.Error("a failed accept brought a socket")
		}
		errs = append(errs, err)
	}
	t.must(ln.Accept(&cancelled, note))
	t.must(ln.Cancel(&cancelled))
	t.until("the cancelled accept", func() bool { return len(errs) == 1 })
	t.refused(errs[0], iocp.ErrAborted)
	t.must(ln.Accept(&op, note))
	t.must(ln.Close())
	t.until("the closed accept", func() bool { return len(errs) == 2 })
	t.refused(errs[1], net.ErrClosed)
	_, err := ln.TryAccept()
	t.refused(err, net.ErrClosed)
}
