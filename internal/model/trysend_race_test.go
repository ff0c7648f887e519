package model

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"iocp"
)

// A duel is a connection whose one end two goroutines use at a time, one of
// them with TrySend. It is over a Unix socket, in whose room nothing but its
// ends makes a difference.
type duel struct {
	storm
	w    *iocp.Worker
	path string
	a, b *iocp.Socket
}

func newDuel(t *testing.T, backend string) *duel {
	port, err := iocp.New(iocp.Config{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Close() })
	d := &duel{w: port.Worker(), path: filepath.Join(t.TempDir(), "socket")}
	d.T, d.port = t, port
	d.listener, err = port.ListenUnix(d.path, iocp.ListenConfig{})
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	d.must(err)
	d.must(port.Associate(d.listener, nil))
	d.connect()
	if _, err := d.a.TrySend([]byte{0}); errors.Is(err, iocp.ErrWouldBlock) {
		t.Skip("capability: the backend sends by operations only")
	}
	return d
}

// connect makes the connection anew.
func (d *duel) connect() {
	var err error
	d.a, err = d.port.NewUnixSocket()
	d.must(err)
	d.must(d.port.Associate(d.a, nil))
	var connect, accept iocp.Op
	d.must(d.listener.Accept(&accept))
	d.must(d.a.ConnectUnix(&connect, d.path))
	for range 2 {
		if c := d.next(); c.Socket != nil {
			d.b = c.Socket
			d.must(d.port.Associate(d.b, nil))
		}
	}
}

// next is the next packet, which must come.
func (d *duel) next() iocp.Completion {
	d.Helper()
	var c [1]iocp.Completion
	_, err := d.w.Wait(c[:], patience)
	d.must(err)
	return c[0]
}

// bout has two goroutines begin at once, the second a little later each time.
func bout(round int64, first, second func()) {
	var both sync.WaitGroup
	begin := make(chan struct{})
	both.Go(func() {
		<-begin
		first()
	})
	both.Go(func() {
		<-begin
		for at := time.Now(); time.Since(at) < time.Duration(round%100)*50*time.Nanosecond; {
		}
		second()
	})
	close(begin)
	both.Wait()
}

// TestTrySendShutdown shuts the send side down while something is sent without
// an operation: either that has left by then or it is refused, and what the
// peer sends is received all the same.
func TestTrySendShutdown(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		d := newDuel(t, backend)
		for round := range stormSize() / 20 {
			d.connect()
			bout(round, func() {
				var err error
				for data := make([]byte, 1); err == nil || errors.Is(err, iocp.ErrWouldBlock); {
					_, err = d.a.TrySend(data)
				}
				if !errors.Is(err, iocp.ErrShutdown) {
					t.Errorf("a try send: %v", err)
				}
			}, func() { d.must(d.a.Shutdown(iocp.SendSide)) })
			var send, recv iocp.Op
			d.must(d.b.Send(&send, []byte("answer")))
			d.must(d.a.Recv(&recv, make([]byte, 10)))
			for range 2 {
				if c := d.next(); c.Err != nil || c.N != len("answer") {
					t.Fatalf("after the shutdown: %+v", c)
				}
			}
			d.must(errors.Join(d.a.Close(), d.b.Close()))
		}
	})
}

// TestTrySendCancel cancels a send while a try to send without an operation
// finds no room: the send ends nevertheless.
func TestTrySendCancel(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		d := newDuel(t, backend)
		left := 1
		big := make([]byte, 1<<20)
		for round := range stormSize() / 5 {
			n := len(big)
			for n == len(big) { // there is no room then, but nobody knows yet
				n, _ = d.a.TrySend(big)
				left += n
			}
			var send iocp.Op
			var tried int
			bout(round, func() { tried, _ = d.a.TrySend(big) }, func() {
				d.must(d.a.Send(&send, []byte{0}))
				d.a.Cancel(&send)
			})
			left += tried + d.next().N
			for left > 0 {
				var recv iocp.Op
				d.must(d.b.Recv(&recv, big))
				left -= d.next().N
			}
			d.regain(&left)
		}
	})
}

// regain waits until there is room.
func (d *duel) regain(left *int) {
	for limit := time.Now().Add(patience); *left == 0; {
		var c [1]iocp.Completion
		d.w.Wait(c[:], 0)
		if n, err := d.a.TrySend([]byte{0}); n == 0 && time.Now().After(limit) {
			d.Fatalf("no room in an empty socket: %v", err)
		} else {
			*left += n
		}
	}
}
