package model

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
	"iocp/internal/invariant"
)

// TestStorm starts 100,000 operations from four goroutines and cancels them at
// random, while two workers dequeue: each ends exactly once, the standing ones
// too, and nothing is left. What is sent without an operation, in between, ends
// none.
func TestStorm(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) { newStorm(t, backend).run() })
}

// stormSize is the number of operations; checked builds are slow.
func stormSize() int64 {
	if testing.Short() || invariant.Enabled {
		return 10_000
	}
	return 100_000
}

const (
	starters    = 4
	dequeuers   = 2
	stormPairs  = 8
	stormAtOnce = 400 // operations that may be pending
)

type storm struct {
	*testing.T
	port     *iocp.Port
	listener *iocp.Listener
	sockets  []*iocp.Socket // connected with each other
	left     atomic.Int64   // operations yet to be started
	accepted atomic.Uint64
	room     chan struct{} // has a token for each pending operation

	mu  sync.Mutex
	ops []*stormOp
}

type stormOp struct {
	op     iocp.Op
	ends   atomic.Int32
	caller *iocp.Socket // that connects, and is closed when it has
}

func newStorm(t *testing.T, backend string) *storm {
	port, err := iocp.New(iocp.Config{Backend: backend, BufferSize: 1 << 10, BuffersMax: 64})
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{T: t, port: port, room: make(chan struct{}, stormAtOnce)}
	s.left.Store(stormSize())
	t.Cleanup(func() { port.Close() })
	s.listener, err = port.Listen(anyPort, iocp.ListenConfig{})
	s.must(err)
	s.must(port.Associate(s.listener, nil))
	for range stormPairs {
		s.pair()
	}
	return s
}

func (s *storm) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// pair makes a connection, before the storm.
func (s *storm) pair() {
	w := s.port.Worker()
	defer w.Close()
	out := s.socket()
	var connect, accept iocp.Op
	s.must(s.listener.Accept(&accept))
	s.must(out.Connect(&connect, s.listener.Addr()))
	s.accepted.Add(2)
	s.sockets = append(s.sockets, out)
	for range 2 {
		var c [1]iocp.Completion
		_, err := w.Wait(c[:], patience)
		s.must(errors.Join(err, c[0].Err))
		if in := c[0].Socket; in != nil {
			s.must(s.port.Associate(in, nil))
			s.sockets = append(s.sockets, in)
		}
	}
}

func (s *storm) socket() *iocp.Socket {
	sock, err := s.port.NewSocket(iocp.IPv4)
	if err == nil {
		err = s.port.Associate(sock, nil)
	}
	s.must(err)
	return sock
}

func (s *storm) run() {
	var starting, dequeuing sync.WaitGroup
	for range dequeuers {
		dequeuing.Go(s.dequeue)
	}
	for seed := range starters {
		rng := rand.New(rand.NewPCG(uint64(seed), 100))
		starting.Go(func() {
			for s.left.Add(-1) >= 0 {
				s.start(rng)
			}
		})
	}
	starting.Wait()
	s.must(s.port.Close())
	dequeuing.Wait()
	for _, o := range s.ops {
		if n := o.ends.Load(); n != 1 {
			s.Errorf("an operation ended %d times", n)
		}
	}
	if st := s.port.Stats(); st.InFlight != 0 || st.BuffersOut != 0 || st.Submitted != s.accepted.Load() {
		s.Errorf("%d accepted, and left: %+v", s.accepted.Load(), st)
	}
}

// start starts an operation, and cancels one now and then. When too many are
// pending it cancels whole handles.
func (s *storm) start(rng *rand.Rand) {
	sock := s.sockets[rng.IntN(len(s.sockets))]
	for full := true; full; {
		select {
		case s.room <- struct{}{}:
			full = false
		case <-time.After(time.Millisecond):
			s.sockets[rng.IntN(len(s.sockets))].CancelAll()
			s.listener.CancelAll()
		}
	}
	o := &stormOp{}
	o.op.Owner = o
	on, err := s.begin(rng, sock, o)
	if err != nil {
		s.Errorf("refused: %v", err)
		<-s.room
		return
	}
	s.accepted.Add(1)
	s.mu.Lock()
	s.ops = append(s.ops, o)
	s.mu.Unlock()
	if rng.IntN(4) == 0 {
		s.trySend(rng, sock)
	}
	if on != nil && rng.IntN(3) == 0 {
		on.Cancel(&o.op)
	}
}

// trySend sends without an operation, in between those of all goroutines.
func (s *storm) trySend(rng *rand.Rand, sock *iocp.Socket) {
	b := make([]byte, 1+rng.IntN(2000))
	n, err := sock.TrySend(b)
	if n < 0 || n > len(b) || (n > 0) != (err == nil) || err != nil && !errors.Is(err, iocp.ErrWouldBlock) {
		s.Errorf("a try send of %d bytes: %d, %v", len(b), n, err)
	}
}

// begin starts an operation of some kind and tells where to cancel it.
func (s *storm) begin(rng *rand.Rand, sock *iocp.Socket, o *stormOp) (canceller, error) {
	op := &o.op
	switch n := 1 + rng.IntN(2000); rng.IntN(20) {
	case 0:
		return nil, s.port.Post(op, n, nil)
	case 1:
		return s.listener, s.listener.Accept(op)
	case 2:
		return s.listener, s.listener.AcceptMany(op)
	case 3:
		o.caller = s.socket()
		return o.caller, o.caller.Connect(op, s.listener.Addr())
	case 4, 5, 6:
		return sock, sock.RecvPooled(op)
	case 7, 8, 9, 10, 11, 12:
		return sock, sock.Send(op, make([]byte, n))
	default:
		return sock, sock.Recv(op, make([]byte, n))
	}
}

func (s *storm) dequeue() {
	w := s.port.Worker()
	defer w.Close()
	dst := make([]iocp.Completion, 8)
	for {
		n, err := w.Wait(dst, 6*patience)
		if errors.Is(err, iocp.ErrClosed) {
			return
		}
		if err != nil {
			s.Errorf("Wait: %v; %+v", err, s.port.Stats())
			return
		}
		for _, c := range dst[:n] {
			c.Buf.Release()
			if c.Socket != nil {
				c.Socket.Close()
			}
			if !c.More {
				s.ended(c.Op.Owner.(*stormOp))
			}
		}
	}
}

func (s *storm) ended(o *stormOp) {
	o.ends.Add(1)
	if o.caller != nil {
		o.caller.Close()
	}
	<-s.room
}
