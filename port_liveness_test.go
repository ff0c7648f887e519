package iocp_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
)

// An echoServer is a server on a bare port whose workers come and go.
type echoServer struct {
	t    *testing.T
	port *iocp.Port
	seed uint64
	nap  func(rnd *rand.Rand) // what a handler may do before it goes on
}

// A client is one connection's state: one operation, receiving or sending.
type client struct {
	sock    *iocp.Socket
	op      iocp.Op
	buf     [256]byte
	sending bool
}

// handle goes on with a connection.
func (e *echoServer) handle(c iocp.Completion) {
	if c.Socket != nil {
		k := &client{sock: c.Socket}
		k.op.Owner = k
		if e.port.Associate(k.sock, k) == nil {
			e.next(k, k.sock.Recv(&k.op, k.buf[:]))
		}
		return
	}
	k, ok := c.Key.(*client)
	switch {
	case !ok:
	case c.Err != nil || c.N == 0:
		k.sock.Close()
	case k.sending:
		k.sending = false
		e.next(k, k.sock.Recv(&k.op, k.buf[:]))
	default:
		k.sending = true
		e.next(k, k.sock.Send(&k.op, k.buf[:c.N]))
	}
}

func (e *echoServer) next(k *client, err error) {
	if err != nil {
		k.sock.Close()
	}
}

// serve is one goroutine that is a worker again and again.
func (e *echoServer) serve(rnd *rand.Rand) {
	for {
		w, cancel := e.worker(rnd)
		err := e.shift(w, rnd)
		w.Close()
		cancel()
		switch {
		case errors.Is(err, iocp.ErrClosed):
			return
		case err != nil && !errors.Is(err, context.Canceled):
			e.t.Errorf("Wait: %v", err)
			return
		}
	}
}

func (e *echoServer) worker(rnd *rand.Rand) (*iocp.Worker, func()) {
	if rnd.IntN(2) == 0 {
		return e.port.Worker(), func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := time.AfterFunc(time.Duration(rnd.IntN(5))*time.Millisecond, cancel)
	return e.port.WorkerContext(ctx), func() { stop.Stop(); cancel() }
}

// shift waits a random number of times, in random ways.
func (e *echoServer) shift(w *iocp.Worker, rnd *rand.Rand) error {
	dst := make([]iocp.Completion, 1+rnd.IntN(8))
	timeouts := []time.Duration{0, time.Millisecond, 3 * time.Millisecond, iocp.Infinite}
	for range 1 + rnd.IntN(200) {
		n, err := w.Wait(dst, timeouts[rnd.IntN(len(timeouts))])
		for _, c := range dst[:n] {
			e.nap(rnd)
			e.handle(c)
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return nil
}

// pingPong sends and receives through one connection.
func pingPong(addr string, rounds int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	msg, got := []byte("are you there?"), make([]byte, 14)
	for range rounds {
		conn.SetDeadline(time.Now().Add(bound))
		if _, err := conn.Write(msg); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, got); err != nil {
			return err
		}
	}
	return nil
}

// Whatever the workers do, every message comes back.
func TestNothingStalls(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, Concurrency: 3})
		e := &echoServer{t: t, port: s.port, seed: s.seed, nap: func(rnd *rand.Rand) {
			if rnd.IntN(200) == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}}
		check(t, s.listeners[0].AcceptMany(new(iocp.Op)))
		var workers, clients sync.WaitGroup
		for i := range uint64(5) {
			workers.Go(func() { e.serve(rand.New(rand.NewPCG(e.seed, i))) })
		}
		for range 32 {
			clients.Go(func() {
				if err := pingPong(s.addr.String(), 300); err != nil {
					t.Errorf("%v; %+v", err, s.port.Stats())
				}
			})
		}
		within(t, "echo", s.port, inBackground(clients.Wait))
		within(t, "Close", s.port, inBackground(func() { s.port.Close() }))
		within(t, "Wait after Close", s.port, inBackground(workers.Wait))
	})
}

// A queue that is never empty mustn't keep the kernel from being asked: the
// only worker finds the packet that it posts itself, each time.
func TestPostsDontStarveTransfers(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend})
		defer s.port.Close()
		sock := s.connected(1)[0] // its peer has sent something
		w := s.port.Worker()
		defer w.Close()
		var post, recv iocp.Op
		check(t, s.port.Post(&post, 0, nil))
		check(t, sock.Recv(&recv, make([]byte, 1)))
		var dst [2]iocp.Completion
		for end := time.Now().Add(bound / 3); time.Now().Before(end); {
			n, err := w.Wait(dst[:], bound)
			check(t, err)
			for _, c := range dst[:n] {
				switch c.Op {
				case &recv:
					return
				case &post:
					check(t, s.port.Post(&post, 0, nil))
				}
			}
		}
		t.Fatal("a receive starves behind a packet that is posted again and again")
	})
}

// Nor must operations that are over at once, and are started again by whoever
// dequeues them: here by the one worker there is, who is kept from ever running
// out of packets that it has found together with others.
func TestSendsDontStarveReceives(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend})
		defer s.port.Close()
		w := s.port.Worker()
		defer w.Close()
		socks, peers := s.dialed(w, 3)
		go io.Copy(io.Discard, peers[0])
		go io.Copy(io.Discard, peers[1])
		var recvs [3]iocp.Op
		for i, sock := range socks {
			check(t, sock.Recv(&recvs[i], make([]byte, 1)))
		}
		for _, p := range peers[:2] { // which Wait then finds at once
			_, err := p.Write([]byte{1})
			check(t, err)
		}
		var sends [4]iocp.Op
		var dst [1]iocp.Completion
		end := time.Now().Add(bound / 3)
		for sent := 0; time.Now().Before(end); {
			_, err := w.Wait(dst[:], bound)
			check(t, err)
			switch c := dst[0]; {
			case c.Op == &recvs[2]:
				return
			case c.Op.Owner != nil:
				if sent++; sent == 500 {
					_, err := peers[2].Write([]byte{1})
					check(t, err)
				}
				check(t, c.Op.Owner.(*iocp.Socket).Send(c.Op, []byte{2}))
			case sends[0].Owner == nil: // the first of the two receives
				sock := socks[0]
				if c.Op == &recvs[1] {
					sock = socks[1]
				}
				for i := range sends {
					sends[i].Owner = sock
					check(t, sock.Send(&sends[i], []byte{2}))
				}
			}
		}
		t.Fatal("a receive starves behind sends that are started again and again")
	})
}

// dialed makes connections from outside to sockets of the port.
func (s *storm) dialed(w *iocp.Worker, n int) (socks []*iocp.Socket, peers []net.Conn) {
	s.t.Helper()
	for range n {
		var accept iocp.Op
		check(s.t, s.listeners[0].Accept(&accept))
		peer, err := net.Dial("tcp", s.addr.String())
		check(s.t, err)
		s.t.Cleanup(func() { peer.Close() })
		var dst [1]iocp.Completion
		_, err = w.Wait(dst[:], bound)
		check(s.t, err)
		check(s.t, dst[0].Err)
		check(s.t, s.port.Associate(dst[0].Socket, nil))
		socks, peers = append(socks, dst[0].Socket), append(peers, peer)
	}
	return socks, peers
}

// What is queued when the port is closed reaches every worker that may run,
// although those before it never come back.
func TestClosedPortHandsOutBehindStuckWorkers(t *testing.T) {
	const packets = 4
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend, Concurrency: packets})
		stuck, all := make(chan struct{}), make(chan struct{})
		var got atomic.Int32
		var workers sync.WaitGroup
		for range packets {
			workers.Go(func() {
				w := p.Worker()
				defer w.Close()
				var dst [1]iocp.Completion
				for {
					if _, err := w.Wait(dst[:], iocp.Infinite); err != nil {
						return
					}
					if got.Add(1) == packets {
						close(all)
					}
					<-stuck
				}
			})
		}
		within(t, "waiting", p, inBackground(func() {
			for p.Stats().Waiting < packets {
				runtime.Gosched()
			}
		}))
		for range packets {
			check(t, p.Post(nil, 0, nil))
		}
		check(t, p.Close())
		within(t, "handing out after Close", p, all)
		close(stuck)
		within(t, "Wait after Close", p, inBackground(workers.Wait))
	})
}

// What is sent while packets wait may be held back, but not behind a handler that
// never comes back, when nobody else is there.
func TestSendsLeaveBehindAStuckHandler(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend})
		defer s.port.Close()
		w := s.port.Worker()
		defer w.Close()
		socks, peers := s.dialed(w, 1)
		var dst [1]iocp.Completion
		for range 20 {
			check(t, s.port.Post(nil, 0, nil))
			check(t, s.port.Post(nil, 0, nil))
			_, err := w.Wait(dst[:], bound)
			check(t, err)
			var send iocp.Op
			check(t, socks[0].Send(&send, []byte{1}))
			peers[0].SetReadDeadline(time.Now().Add(bound))
			_, err = peers[0].Read(make([]byte, 1)) // before the handler is over
			check(t, err)
			for send.Pending() {
				_, err := w.Wait(dst[:], bound)
				check(t, err)
			}
		}
	})
}

// An operation that a closed port refuses counts for a moment: a worker that looks
// just then mustn't wait for it for ever.
func TestRefusedOperationsKeepNobodyWaiting(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend, Concurrency: 2})
		check(t, p.Close())
		over := make(chan struct{})
		var posters sync.WaitGroup
		for range 2 {
			posters.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
					}
					if err := p.Post(nil, 0, nil); !errors.Is(err, iocp.ErrClosed) {
						t.Errorf("Post on a closed port: %v", err)
						return
					}
				}
			})
		}
		within(t, "Wait on a closed port", p, inBackground(func() {
			w := p.Worker()
			defer w.Close()
			var dst [1]iocp.Completion
			for range 20_000 {
				if _, err := w.Wait(dst[:], iocp.Infinite); !errors.Is(err, iocp.ErrClosed) {
					t.Errorf("Wait on a closed port: %v", err)
					return
				}
			}
		}))
		close(over)
		posters.Wait()
	})
}

// Nor does a worker that never comes back keep others waiting on a closed port.
func TestCloseEndsWaitsBehindAStuckWorker(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		for range 20 {
			p := newPort(t, iocp.Config{Backend: backend, Concurrency: 2})
			stuck := p.Worker()
			var dst [1]iocp.Completion
			check(t, p.Post(nil, 0, nil))
			_, err := stuck.Wait(dst[:], bound)
			check(t, err)
			ended := make(chan error, 1)
			go func() {
				w := p.Worker()
				defer w.Close()
				var dst [1]iocp.Completion
				_, err := w.Wait(dst[:], iocp.Infinite)
				ended <- err
			}()
			within(t, "waiting", p, inBackground(func() {
				for p.Stats().Waiting < 1 {
					runtime.Gosched()
				}
			}))
			time.Sleep(100 * time.Microsecond) // it looks into the kernel first
			check(t, p.Close())
			within(t, "Wait behind a stuck worker", p, inBackground(func() {
				if err := <-ended; !errors.Is(err, iocp.ErrClosed) {
					t.Errorf("Wait on a closed port: %v", err)
				}
			}))
			stuck.Close()
		}
	})
}
