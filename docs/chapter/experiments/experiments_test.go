package experiments

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"iocp"
	"iocp/routine"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// A conn receives, and then sends that back.
type conn struct {
	op      iocp.Op
	sock    *iocp.Socket
	buf     [64]byte
	reading bool
}

func (c *conn) next(n int) error {
	c.reading = !c.reading
	if c.reading {
		return c.sock.Recv(&c.op, c.buf[:])
	}
	if n == 0 {
		return io.EOF
	}
	return c.sock.Send(&c.op, c.buf[:n])
}

// A server echoes, with a number of workers on a port; each does some work of
// its own for every message.
type server struct {
	port    *iocp.Port
	addr    string
	workers sync.WaitGroup
}

func serve(b *testing.B, workers int, work func()) *server {
	port, err := iocp.New(iocp.Config{Concurrency: workers})
	must(b, err)
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	must(b, err)
	must(b, port.Associate(ln, nil))
	must(b, ln.AcceptMany(new(iocp.Op)))
	s := &server{port: port, addr: ln.Addr().String()}
	for range workers {
		s.workers.Go(func() { s.work(work) })
	}
	b.Cleanup(func() {
		must(b, port.Close())
		s.workers.Wait()
	})
	return s
}

func (s *server) work(work func()) {
	w := s.port.Worker()
	defer w.Close()
	done := make([]iocp.Completion, 1)
	for {
		if _, err := w.Wait(done, iocp.Infinite); err != nil {
			return
		}
		c, _ := done[0].Key.(*conn)
		if sock := done[0].Socket; sock != nil {
			c = &conn{sock: sock}
			done[0].Err = s.port.Associate(sock, c)
		} else if c != nil && c.reading {
			work()
		}
		if c != nil && (done[0].Err != nil || c.next(done[0].N) != nil) {
			c.sock.Close()
		}
	}
}

func dial(b *testing.B, addr string, n int) []net.Conn {
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := net.Dial("tcp", addr)
		must(b, err)
		b.Cleanup(func() { c.Close() })
		conns[i] = c
	}
	return conns
}

// echo has one message of 64 bytes answered.
func echo(b *testing.B, c net.Conn, message []byte) {
	_, err := c.Write(message)
	must(b, err)
	_, err = io.ReadFull(c, message)
	must(b, err)
}

// echoAll spreads b.N messages over connections that are busy all the time.
func echoAll(b *testing.B, conns []net.Conn) {
	var clients sync.WaitGroup
	for i, c := range conns {
		share := b.N / len(conns)
		if i < b.N%len(conns) {
			share++
		}
		clients.Go(func() {
			message := make([]byte, 64)
			for range share {
				echo(b, c, message)
			}
		})
	}
	clients.Wait()
}

// BenchmarkWorkers is the quiz's fifth question: how many threads. The handler
// does nothing, computes for 20 microseconds, or waits for 200.
func BenchmarkWorkers(b *testing.B) {
	for _, kind := range []struct {
		name string
		work func()
	}{
		{"empty", func() {}},
		{"computing", func() { spin(20 * time.Microsecond) }},
		{"waiting", func() { time.Sleep(200 * time.Microsecond) }},
	} {
		for _, workers := range []int{1, 2, 4, 8, 16} {
			b.Run(fmt.Sprintf("%s/workers=%d", kind.name, workers), func(b *testing.B) {
				conns := dial(b, serve(b, workers, kind.work).addr, 64)
				b.ResetTimer()
				echoAll(b, conns)
			})
		}
	}
}

func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

// BenchmarkIdle has one connection busy among others that are not: nothing is
// searched for whose turn it is.
func BenchmarkIdle(b *testing.B) {
	for _, idle := range []int{0, 1000, 5000} {
		b.Run(fmt.Sprintf("idle=%d", idle), func(b *testing.B) {
			s := serve(b, 1, func() {})
			c := dial(b, s.addr, 1)[0]
			dial(b, s.addr, idle)
			message := make([]byte, 64)
			echo(b, c, message)
			for b.Loop() {
				echo(b, c, message)
			}
		})
	}
}

// BenchmarkTwentyConnects is the chapter's argument for a port: twenty connect at
// once, nineteen say nothing, and the last waits for its echo. "one a wait" is
// the chapter's loop, "all a wait" the mirror's, and "port" needs no turns. Only
// silence shows the difference: any completion ends a wait early.
func BenchmarkTwentyConnects(b *testing.B) {
	b.Run("routine/one_a_wait", func(b *testing.B) { twenty(b, alternate(b, 1)) })
	b.Run("routine/all_a_wait", func(b *testing.B) { twenty(b, alternate(b, 1<<30)) })
	b.Run("port", func(b *testing.B) { twenty(b, serve(b, 1, func() {}).addr) })
}

func twenty(b *testing.B, addr string) {
	for b.Loop() {
		conns := dial(b, addr, 20)
		echo(b, conns[len(conns)-1], make([]byte, 64))
		for _, c := range conns {
			c.Close()
		}
	}
}

// alternate runs the chapter's loop: an alertable wait of 100 ms, and then so
// many accepts at most.
func alternate(b *testing.B, accepts int) (addr string) {
	thread, err := routine.New(routine.Config{})
	must(b, err)
	ln, err := thread.Listen(loopback, iocp.ListenConfig{})
	must(b, err)
	over := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
			}
			thread.SleepEx(100*time.Millisecond, true)
			acceptSome(ln, accepts)
		}
	}()
	b.Cleanup(func() {
		close(stop)
		<-over
		must(b, thread.Close())
	})
	return ln.Addr().String()
}

func acceptSome(ln *routine.Listener, most int) {
	for range most {
		sock, err := ln.TryAccept()
		if err != nil { // ErrWouldBlock: that was all of them
			return
		}
		c := &routineConn{sock: sock}
		c.op.Owner = c
		c.read()
	}
}

type routineConn struct {
	op   routine.Op
	sock *routine.Socket
	buf  [64]byte
}

func (c *routineConn) read() {
	if c.sock.Recv(&c.op, received, c.buf[:]) != nil {
		c.sock.Close()
	}
}

func received(err error, n int, op *routine.Op) {
	c := op.Owner.(*routineConn)
	if err != nil || n == 0 || c.sock.Send(op, sent, c.buf[:n]) != nil {
		c.sock.Close()
	}
}

func sent(err error, _ int, op *routine.Op) {
	c := op.Owner.(*routineConn)
	if err != nil {
		c.sock.Close()
		return
	}
	c.read()
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
