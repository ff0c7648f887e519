package iocp_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"iocp"
)

// pair is two workers each of whom has sockets of his own, where the backend has
// that, and always a packet that was posted.
type pair struct {
	*storm
	workers [2]*iocp.Worker
	socks   [4]*iocp.Socket
	peers   [4]net.Conn
	recvs   [4]iocp.Op

	over  chan struct{} // closed when all sockets have received
	mu    sync.Mutex
	got   [4]int // receives of each socket that are over
	posts int    // packets seen that were posted
}

func newPair(t *testing.T, backend string) *pair {
	p := &pair{storm: newStorm(t, iocp.Config{Backend: backend, Concurrency: 2}), over: make(chan struct{})}
	t.Cleanup(func() { p.port.Close() })
	var first sync.WaitGroup
	for i := range p.workers {
		w := p.port.Worker()
		p.workers[i] = w
		first.Go(func() { p.serve(w) })
	}
	within(t, "waiting", p.port, inBackground(func() {
		for p.port.Stats().Waiting < 2 {
			time.Sleep(20 * time.Microsecond)
		}
	}))
	for i := range p.socks { // which go to those who wait, in turn
		p.socks[i], p.peers[i] = p.tried()
		check(t, p.port.Associate(p.socks[i], i))
		check(t, p.socks[i].Recv(&p.recvs[i], make([]byte, 1)))
	}
	p.write()
	within(t, "the first receives", p.port, inBackground(first.Wait))
	return p
}

// tried makes a connection without a packet.
func (p *pair) tried() (*iocp.Socket, net.Conn) {
	peer, err := net.Dial("tcp", p.addr.String())
	check(p.t, err)
	p.t.Cleanup(func() { peer.Close() })
	for deadline := time.Now().Add(bound); ; {
		s, err := p.listeners[0].TryAccept()
		if err == nil {
			return s, peer
		}
		if time.Now().After(deadline) {
			p.t.Fatal(err)
		}
	}
}

// write has the peers send something to each socket.
func (p *pair) write() {
	for _, peer := range p.peers {
		_, err := peer.Write([]byte{1})
		check(p.t, err)
	}
}

// serve has a worker take one packet, and reports whether it got one. What was
// posted is posted again; sockets receive twice.
func (p *pair) serve(w *iocp.Worker) bool {
	var dst [1]iocp.Completion
	if _, err := w.Wait(dst[:], bound); err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i, received := dst[0].Key.(int)
	if !received {
		if p.posts++; p.posts == 500 {
			p.write()
		}
		return p.port.Post(dst[0].Op, 0, nil) == nil // or the port is closed
	}
	if p.got[i]++; p.got[i] == 1 {
		check(p.t, p.socks[i].Recv(&p.recvs[i], make([]byte, 1)))
	}
	if p.got == [4]int{2, 2, 2, 2} {
		close(p.over)
	}
	return true
}

// keepBusy posts packets for some of the workers, until all sockets have received.
// Each of the goroutines is the workers it is given, in turn.
func (p *pair) keepBusy(posts int, goroutines ...[]*iocp.Worker) {
	for range posts {
		check(p.t, p.port.Post(new(iocp.Op), 0, nil))
	}
	var working sync.WaitGroup
	for _, workers := range goroutines {
		working.Go(func() {
			for i := 0; p.serve(workers[i%len(workers)]); i++ {
			}
		})
	}
	select {
	case <-p.over:
	case <-time.After(bound / 3):
		p.mu.Lock()
		p.t.Errorf("receives starve behind packets that are posted again and again: %v", p.got)
		p.mu.Unlock()
	}
	check(p.t, p.port.Close())
	within(p.t, "Wait after Close", p.port, inBackground(working.Wait))
}

// Each of two workers looks into what is his own, however often the other does:
// also if it is always the other's turn to look.
func TestPostsOfTwoDontStarveTransfers(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "restraint")
	onBackends(t, func(t *testing.T, backend string) {
		p := newPair(t, backend)
		p.keepBusy(2, p.workers[:])
	})
}

// Nor does it help who always has packets that another waits in the kernel.
func TestWhoWaitsDoesntStarveAnothersTransfers(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "restraint")
	onBackends(t, func(t *testing.T, backend string) {
		p := newPair(t, backend)
		p.keepBusy(1, p.workers[:1], p.workers[1:])
	})
}

// What a handler sends while packets wait may be held back to go together with
// more; but not until the handler comes back.
func TestSendsLeaveBehindABusyHandler(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, Concurrency: 1})
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
			check(t, peers[0].SetReadDeadline(time.Now().Add(bound)))
			_, err = peers[0].Read(make([]byte, 1)) // the handler doesn't come back before
			check(t, err)
			for send.Pending() {
				_, err := w.Wait(dst[:], bound)
				check(t, err)
			}
		}
	})
}
