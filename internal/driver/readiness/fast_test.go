//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
)

// caught is a line whose receive is on the fast path, with its transfer under way
// until release.
type caught struct {
	*bench
	*line
	po      *poller
	release func()
}

func catch(t *testing.T) *caught {
	t.Helper()
	exec := &gated{come: make(chan struct{}, 1), gone: make(chan struct{}, 1)}
	b := newBench(t, exec)
	po := b.join(1)[0]
	l := b.tcp()
	b.look(po) // to hear that it may be written to
	b.speak(l)
	b.arrived(l)
	c := make(chan error, 1)
	go func() { c <- po.Poll(-1) }()
	<-exec.come
	if got := l.recv.fast.state(); got != moving {
		t.Fatalf("the receive is in state %d, not on the fast path", got)
	}
	return &caught{b, l, po, func() {
		exec.open.Store(true)
		exec.gone <- struct{}{}
		b.returns("the poll", c)
	}}
}

// over expects a receive to be over, once.
func (c *caught) over(op *driver.Op, n int, err error) {
	c.Helper()
	c.until("the receive is over", func() bool {
		c.look(c.po)
		return len(c.hearers(op)) > 0
	})
	if len(c.hearers(op)) != 1 || op.N != n || op.Err != err {
		c.Errorf("over %d times with %d bytes and %v, want once with %d and %v", len(c.hearers(op)), op.N, op.Err, n, err)
	}
}

func (c *caught) another() *driver.Op {
	op := &driver.Op{Kind: driver.KindRecv}
	op.SetOneBuf(make([]byte, 8))
	return op
}

// goesOn expects the line to hear what its peer says next.
func (c *caught) goesOn() {
	c.Helper()
	c.line.op = c.another()
	c.bench.listen(c.line)
	c.speak(c.line)
	c.over(c.line.op, 1, nil)
}

// Whatever happens to a stream while a receive on the fast path is under way is
// the same as beside any other receive.
func TestFastReceiveMeets(t *testing.T) {
	for name, meet := range map[string]func(*caught){
		"Cancel": func(c *caught) {
			if !c.Cancel(c.op) {
				c.Error("it isn't pending")
			}
			c.release()
			c.over(c.op, 1, nil)
			c.goesOn()
		},
		"Cancel without data": func(c *caught) {
			_, err := unix.Read(c.fd(), make([]byte, 8))
			c.must(err)
			if !c.Cancel(c.op) || c.Cancel(c.op) {
				c.Error("it isn't pending, or twice")
			}
			c.release()
			c.over(c.op, 0, driver.ErrAborted)
			c.goesOn()
		},
		"nothing to receive": func(c *caught) {
			_, err := unix.Read(c.fd(), make([]byte, 8))
			c.must(err)
			c.release()
			c.speak(c.line)
			c.over(c.op, 1, nil)
			c.goesOn()
		},
		"CancelAll": func(c *caught) {
			second := c.another()
			c.must(c.Recv(second))
			if n := c.CancelAll(); n != 2 {
				c.Errorf("%d are pending, want 2", n)
			}
			c.over(second, 0, driver.ErrAborted)
			c.release()
			c.over(c.op, 1, nil)
			c.goesOn()
		},
		"Close": func(c *caught) {
			c.must(c.line.Close())
			if c.fd() < 0 {
				c.Error("the descriptor is closed under the transfer")
			}
			c.release()
			c.over(c.op, 1, nil)
			if c.fd() >= 0 {
				c.Error("the descriptor isn't closed")
			}
			if err := c.Recv(c.another()); err != net.ErrClosed {
				c.Errorf("another receive: %v", err)
			}
		},
		"another receive": func(c *caught) {
			second := c.another()
			c.must(c.Recv(second))
			c.release()
			c.over(c.op, 1, nil)
			if len(c.hearers(second)) != 0 {
				c.Error("the second is over too")
			}
			c.speak(c.line)
			c.over(second, 1, nil)
			c.goesOn()
		},
		"an event": func(c *caught) {
			var none []Transfer
			c.ready(c.set, eventset.Readable|eventset.Writable, &none, c.po.local)
			c.release()
			c.over(c.op, 1, nil)
			if c.recv.fast.state() == rest || !c.recv.ready {
				c.Error("the event has been forgotten")
			}
			c.goesOn()
		},
		"the end of the stream": func(c *caught) {
			c.must(unix.Shutdown(c.peer, unix.SHUT_WR))
			c.release()
			c.over(c.op, 1, nil)
			last := c.another()
			c.must(c.Recv(last))
			c.over(last, 0, nil)
		},
		"SendNow": func(c *caught) {
			if n, err := c.SendNow([]byte("y")); n != 1 || err != nil {
				c.Error(n, err)
			}
			c.release()
			c.over(c.op, 1, nil)
			c.goesOn()
		},
	} {
		t.Run(name, func(t *testing.T) { meet(catch(t)) })
	}
}

// A receive that finds no buffer waits for one, whoever gives it back.
func TestFastReceiveWithoutABuffer(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.join(1)[0]
	l := b.tcp()
	c := &caught{bench: b, line: l, po: po}
	c.speak(l)
	c.over(l.op, 1, nil)
	pooled := &driver.Op{Kind: driver.KindRecvPooled}
	b.must(l.RecvPooled(pooled))
	if l.recv.fast.state() != pending {
		t.Fatal("the receive isn't on the fast path")
	}
	var taken []*driver.Buf
	for buf := b.port.pool.Get(&l.acct, l); buf != nil; buf = b.port.pool.Get(&l.acct, l) {
		taken = append(taken, buf)
	}
	b.speak(l)
	b.until("the receive has met no buffer", func() bool {
		b.look(po)
		credit, _ := b.port.pool.Held()
		return credit == 1 && l.recv.fast.state() == slow
	})
	for _, buf := range taken {
		buf.Release(buf.Gen())
	}
	c.over(pooled, 1, nil)
	if buf := pooled.Buf(); buf == nil || string(buf.Data[:buf.N]) != "x" {
		t.Error("it brought something else")
	}
}

// SendNow takes the fast path until there is no room, and again when there is
// some.
func TestFastSendMeetsNoRoom(t *testing.T) {
	b := newBench(t, Calls{})
	po := b.join(1)[0]
	l := b.tcp()
	b.look(po)
	sent := 0
	for range 2 {
		if l.send.fast.state() != rest {
			t.Fatal("sending isn't on the fast path")
		}
		for err := error(nil); err == nil; {
			var n int
			n, err = l.SendNow(make([]byte, 64<<10))
			sent += n
		}
		if _, err := l.SendNow([]byte("y")); err != driver.ErrWouldBlock {
			t.Fatal(err)
		}
		for buf := make([]byte, 1<<20); sent > 0; {
			n, err := unix.Read(l.peer, buf)
			if err == unix.EAGAIN { // the rest comes when the window has been opened
				runtime.Gosched()
				continue
			}
			b.must(err)
			sent -= n
		}
		b.until("there is room", func() bool {
			b.look(po)
			return l.send.fast.state() == rest
		})
	}
}

// CancelAll finds nothing to cancel in a SendNow that is under way.
func TestCancelAllMeetsSendNow(t *testing.T) {
	b := newBench(t, Calls{})
	l := b.tcp()
	b.look(b.join(1)[0])
	l.CancelAll() // the receive
	if w := l.send.fast.word.Load(); !l.send.fast.step(w, rest, moving) {
		t.Fatal("sending isn't on the fast path")
	}
	if n := l.CancelAll(); n != 0 {
		t.Errorf("%d operations cancelled, there are none", n)
	}
	b.must(l.sentNow(0))
	if n, err := l.SendNow([]byte("y")); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// Several send and receive at a time on one stream, and cancel: every receive is
// over once, and what was sent arrives.
func TestFastPathsMeet(t *testing.T) {
	b := newBench(t, Calls{})
	l := b.tcp()
	for _, po := range b.join(2) {
		b.attend(po)
	}
	var sent, arrived atomic.Int64
	var peer, users sync.WaitGroup
	peer.Go(func() { arrived.Store(b.echoes(l.peer)) })
	say := func() {
		n, err := l.SendNow([]byte("abc"))
		if err != nil && err != driver.ErrWouldBlock {
			t.Error(err)
		}
		sent.Add(int64(n))
	}
	for range 2 {
		users.Go(func() {
			for range 2000 {
				say()
			}
		})
		users.Go(func() {
			for i := range 500 {
				op := &driver.Op{Kind: driver.KindRecv}
				op.SetOneBuf(make([]byte, 8))
				b.must(l.Recv(op))
				say()
				tries := 0
				b.until("a receive is over", func() bool {
					switch tries++; {
					case i%4 == 0:
						l.CancelAll()
					case i%4 == 2 || tries > 10: // there may be no more to come
						l.Cancel(op)
					}
					return len(b.hearers(op)) > 0
				})
			}
		})
	}
	users.Wait()
	b.must(l.ShutdownSend())
	peer.Wait()
	if sent.Load() != arrived.Load() {
		t.Errorf("%d bytes sent, %d have arrived", sent.Load(), arrived.Load())
	}
	for op, by := range b.told {
		if len(by) != 1 {
			t.Errorf("a receive is over %d times: %v", len(by), op)
		}
	}
}

// echoes answers each piece that arrives with a byte, until the end, and counts.
func (b *bench) echoes(fd int) (bytes int64) {
	for buf := make([]byte, 4096); ; {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EAGAIN:
			runtime.Gosched()
			continue
		case n <= 0:
			return bytes
		}
		bytes += int64(n)
		unix.Write(fd, buf[:1])
	}
}
