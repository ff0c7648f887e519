//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// again has lines that have been heard listen for what is left of what their
// peers wrote. No event tells of that.
func (b *bench) again(ls []*line) {
	b.Helper()
	b.backlog.Store(true)
	defer b.backlog.Store(false)
	for _, l := range ls {
		b.listen(l)
	}
	if !b.deferred.Swap(false) {
		b.Fatal("the receives weren't held back")
	}
}

// Of receives that no event has called for, a Poll makes as many as it takes
// events: more would keep out those that wait for an event. What it leaves isn't
// forgotten.
func TestReceivesWithoutAnEventAreBounded(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.join(1)[0]
	ls := b.lines(eventsMax+44, po)
	for _, l := range ls {
		_, err := unix.Write(l.peer, make([]byte, 2*8)) // two receives full
		b.must(err)
	}
	b.until("the first half of each is heard", func() bool {
		b.look(po)
		return b.heardBy(po, ls) == len(ls)
	})
	b.again(ls)
	b.look(po)
	if n := b.heardBy(po, ls); n != eventsMax {
		t.Fatalf("%d receives without an event were made in one Poll, want %d", n, eventsMax)
	}
	if !b.deferred.Load() {
		t.Fatal("nobody is told of the others")
	}
	b.look(po)
	if n := b.heardBy(po, ls); n != len(ls) {
		t.Fatalf("%d of %d receives are over after another Poll", n, len(ls))
	}
}

// tcp is a line over TCP.
func (b *bench) tcp() *line {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	peer, err := net.Dial("tcp", ln.Addr().String())
	b.must(err)
	defer peer.Close()
	conn, err := ln.Accept()
	b.must(err)
	defer conn.Close()
	l := &line{newStream(b.copyOf(conn), false, anyPeer), b.copyOf(peer), &driver.Op{Kind: driver.KindRecv}}
	b.Cleanup(func() {
		l.Close()
		unix.Close(l.peer)
	})
	b.must(l.Attach(b.port))
	b.listen(l)
	return l
}

// copyOf is a descriptor of a connection's socket, which outlives the connection.
func (b *bench) copyOf(conn net.Conn) (fd int) {
	b.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	b.must(err)
	var dup error
	b.must(raw.Control(func(of uintptr) { fd, dup = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) }))
	b.must(dup)
	return fd
}

// arrived waits until the line has all that its peer has sent.
func (b *bench) arrived(l *line) {
	b.Helper()
	b.until("all is acknowledged", func() bool { return driver.Held(l.peer) == 0 })
}

// A receive stops at out-of-band data. What is behind it makes no event.
func TestReceiveThatStopsAtUrgentData(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.join(1)[0]
	l := b.tcp()
	b.must(unix.Send(l.peer, []byte("ab"), 0))
	b.must(unix.Send(l.peer, []byte("!"), unix.MSG_OOB))
	b.must(unix.Send(l.peer, []byte("cd"), 0))
	b.arrived(l)
	for _, want := range []string{"ab", "cd"} {
		b.until(want+" is received", func() bool {
			b.look(po)
			return len(b.hearers(l.op)) > 0
		})
		b.must(l.op.Err)
		if got := string(l.op.Bufs()[0][:l.op.N]); got != want {
			t.Fatalf("received %q, want %q", got, want)
		}
		b.listen(l)
	}
}

// late is an Exec that carries transfers out, and tells of it when it may.
type late struct {
	Calls
	come, gone chan struct{}
}

func (e *late) Do(batch []Transfer) {
	e.Calls.Do(batch)
	e.come <- struct{}{}
	<-e.gone
}

// That a socket has room may be told of while the send is under way that has met
// none: then it's tried again, since nothing else will tell.
func TestRoomIsToldOfDuringASend(t *testing.T) {
	exec := &late{come: make(chan struct{}, 2), gone: make(chan struct{}, 2)}
	b := newBench(t, exec)
	po := b.join(1)[0]
	l := b.lines(1, po)[0]
	full := make([]byte, 64<<10)
	for err := error(nil); err == nil; {
		_, err = unix.Write(l.fd(), full)
	}
	op := &driver.Op{Kind: driver.KindSend}
	op.SetOneBuf([]byte("y"))
	sent := make(chan error, 1)
	go func() { sent <- l.Send(op) }()
	b.until("the send meets no room", func() bool { return len(exec.come) > 0 })
	for err := error(nil); err == nil; {
		_, err = unix.Read(l.peer, full)
	}
	b.look(po) // which hears of the room
	for range cap(exec.gone) {
		exec.gone <- struct{}{}
	}
	b.returns("Send", sent)
	b.until("the send is over", func() bool { return len(b.hearers(op)) == 1 })
	b.must(op.Err)
}

// As long as a transfer is under way the kernel may be in an operation's memory,
// whether a Poll has started it or whoever submitted the operation.
func TestTransfersUnderWayAreInFlight(t *testing.T) {
	exec := &gated{come: make(chan struct{}, 1), gone: make(chan struct{}, 1)}
	b := newBench(t, exec)
	po := b.join(1)[0]
	l := b.lines(1, po)[0]
	b.speak(l)
	op := &driver.Op{Kind: driver.KindSend}
	op.SetOneBuf([]byte("y"))
	for what, transfer := range map[string]func() error{
		"Poll": func() error { return po.Poll(0) },
		"Send": func() error { return l.Send(op) },
	} {
		c := make(chan error, 1)
		go func() { c <- transfer() }()
		b.until(what+" has a transfer", func() bool { return len(exec.come) > 0 })
		if n := b.port.InFlight(); n != 1 {
			t.Errorf("%d are in flight during %s, want 1", n, what)
		}
		<-exec.come
		exec.gone <- struct{}{}
		b.returns(what, c)
		if n := b.port.InFlight(); n != 0 {
			t.Errorf("%d are in flight after %s", n, what)
		}
	}
}

// Only waiting counts as idle: by that the port finds out how many workers the
// load needs.
func TestIdleIsWaiting(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.join(1)[0]
	before := po.Idle()
	c := b.block(po)
	b.until("time passes in the kernel", func() bool { return po.Idle() > before })
	po.Wake()
	b.returns("the poll", c)
	idle := po.Idle()
	time.Sleep(time.Millisecond)
	b.look(po)
	if now := po.Idle(); now != idle {
		t.Errorf("idle for %v more without waiting", now-idle)
	}
}
