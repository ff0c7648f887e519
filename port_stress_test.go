package iocp_test

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
)

// A ticket is an operation with an account of its own.
type ticket struct {
	op  iocp.Op
	out atomic.Bool // started, and its last completion not yet seen
	buf [4 << 10]byte
}

// A storm does everything to everything at the same time and keeps count.
type storm struct {
	t    *testing.T
	port *iocp.Port
	seed uint64

	accepted, ended atomic.Int64
	over            atomic.Bool

	mu        sync.Mutex
	socks     []*iocp.Socket
	listeners []*iocp.Listener
	addr      netip.AddrPort
	free, all []*ticket
}

// limits of a storm, so that it churns instead of growing.
const (
	socksMax   = 64
	ticketsMax = 1500
)

func newStorm(t *testing.T, cfg iocp.Config) *storm {
	s := &storm{t: t, port: newPort(t, cfg), seed: uint64(time.Now().UnixNano())}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", s.seed)
		}
	})
	l, err := s.port.Listen(anyPort, iocp.ListenConfig{})
	check(t, err)
	check(t, s.port.Associate(l, l))
	s.listeners, s.addr = []*iocp.Listener{l}, l.Addr()
	return s
}

func (s *storm) take() *ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		k := s.free[n-1]
		s.free = s.free[:n-1]
		return k
	}
	if len(s.all) >= ticketsMax {
		return nil
	}
	k := new(ticket)
	k.op.Owner = k
	s.all = append(s.all, k)
	return k
}

func (s *storm) giveBack(k *ticket) {
	s.mu.Lock()
	s.free = append(s.free, k)
	s.mu.Unlock()
}

// start starts an operation on a free ticket and enters it.
func (s *storm) start(begin func(k *ticket) error) {
	k := s.take()
	if k == nil {
		return
	}
	k.out.Store(true)
	if err := begin(k); err != nil {
		k.out.Store(false)
		s.giveBack(k)
		return
	}
	s.accepted.Add(1)
}

// dequeued enters a completion.
func (s *storm) dequeued(c iocp.Completion) {
	c.Buf.Release()
	if c.Socket != nil {
		s.adopt(c.Socket)
	}
	if c.Op == nil {
		s.t.Error("a completion without its Op")
		return
	}
	k := c.Op.Owner.(*ticket)
	if c.More {
		return // perhaps seen after the last one, by another worker (C26)
	}
	if !k.out.CompareAndSwap(true, false) {
		s.t.Errorf("completed twice: %+v", c)
		return
	}
	s.ended.Add(1)
	s.giveBack(k)
}

// adopt puts a socket among those that are played with.
func (s *storm) adopt(sock *iocp.Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.socks) >= socksMax || s.port.Associate(sock, sock) != nil {
		sock.Close()
		return
	}
	s.socks = append(s.socks, sock)
}

// pick chooses a socket; forget says that it is about to be closed.
func (s *storm) pick(rnd *rand.Rand, forget bool) *iocp.Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.socks) == 0 {
		return nil
	}
	i := rnd.IntN(len(s.socks))
	sock := s.socks[i]
	if forget {
		s.socks = slices.Delete(s.socks, i, i+1)
	}
	return sock
}

func (s *storm) someTicket(rnd *rand.Rand) *ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return new(ticket)
	}
	return s.all[rnd.IntN(len(s.all))]
}

// play does one thing at random.
func (s *storm) play(rnd *rand.Rand) {
	what := rnd.IntN(100)
	sock := s.pick(rnd, what >= 96)
	l := s.listeners[0]
	n := rnd.IntN(4 << 10)
	switch {
	case what < 5 || sock == nil:
		s.dial()
	case what < 8:
		s.start(func(k *ticket) error { return l.Accept(&k.op) })
	case what < 10:
		s.start(func(k *ticket) error { return l.AcceptMany(&k.op) })
	case what < 30:
		s.start(func(k *ticket) error { return sock.Recv(&k.op, k.buf[:n/2], k.buf[n/2:n]) })
	case what < 45:
		s.start(func(k *ticket) error { return sock.RecvPooled(&k.op) })
	case what < 75:
		s.start(func(k *ticket) error { return sock.Send(&k.op, k.buf[:n]) })
	case what < 82:
		s.start(func(k *ticket) error { return s.port.Post(&k.op, n, nil) })
	case what < 92:
		sock.Cancel(&s.someTicket(rnd).op)
		l.Cancel(&s.someTicket(rnd).op)
	case what < 94:
		sock.CancelAll()
	case what < 95:
		l.CancelAll()
	case what < 96:
		sock.Shutdown(iocp.Direction(1 + rnd.IntN(2)))
	case what < 98:
		sock.Close()
	default:
		sock.Abort()
	}
}

// dial makes a socket and starts to connect it.
func (s *storm) dial() {
	sock, err := s.port.NewSocket(iocp.IPv4)
	if err != nil {
		return
	}
	s.adopt(sock)
	s.start(func(k *ticket) error { return sock.Connect(&k.op, s.addr) })
}

// serve dequeues until the port is closed.
func (s *storm) serve(rnd *rand.Rand) {
	w := s.port.Worker()
	defer w.Close()
	dst := make([]iocp.Completion, 1+rnd.IntN(16))
	for {
		n, err := w.Wait(dst, cmp.Or(time.Duration(rnd.IntN(3))*time.Millisecond, iocp.Infinite))
		for _, c := range dst[:n] {
			s.dequeued(c)
		}
		if errors.Is(err, iocp.ErrClosed) {
			return
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			s.t.Errorf("Wait: %v", err)
			return
		}
	}
}

// run plays for a while and closes the port in the middle of it.
func (s *storm) run(d time.Duration) {
	var players, workers sync.WaitGroup
	for i := range uint64(4) {
		workers.Go(func() { s.serve(rand.New(rand.NewPCG(s.seed, i))) })
		players.Go(func() {
			rnd := rand.New(rand.NewPCG(s.seed, 100+i))
			for !s.over.Load() {
				s.play(rnd)
			}
		})
	}
	time.Sleep(d)
	within(s.t, "Close", s.port, inBackground(func() { s.port.Close() }))
	within(s.t, "Wait after Close", s.port, inBackground(workers.Wait))
	s.over.Store(true)
	within(s.t, "submitting after Close", s.port, inBackground(players.Wait))
	for _, sock := range s.socks {
		sock.Close() // the port has closed most of them
	}
}

// balance compares what was started with what has ended.
func (s *storm) balance() {
	if a, e := s.accepted.Load(), s.ended.Load(); a != e {
		s.t.Errorf("%d operations were accepted, %d completed", a, e)
	}
	for _, k := range s.all {
		if k.out.Load() || k.op.Pending() {
			s.t.Error("an accepted operation has no completion")
			break
		}
	}
	if st := s.port.Stats(); st.InFlight != 0 || st.Queued != 0 || st.BuffersOut != 0 {
		s.t.Errorf("left in a closed port: %+v", st)
	}
}

func TestStormCompletesEverythingOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, Concurrency: 3, BuffersMax: 16, BufferCredit: 2, BufferSize: 512})
		s.run(1500 * time.Millisecond)
		s.balance()
		if n := s.accepted.Load(); n < 1000 {
			t.Logf("only %d operations", n)
		}
	})
}
