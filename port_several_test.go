package iocp_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"iocp"
)

// polling is workers of a port that all wait in the kernel, on a backend on which any
// number may.
type polling struct {
	*storm
	workers []*iocp.Worker
	cancels []context.CancelFunc
	got     chan sighting
	waits   sync.WaitGroup
}

// A sighting is what a worker's Wait came back with.
type sighting struct {
	by   int
	done iocp.Completion
	err  error
}

func newPolling(t *testing.T, backend string, n int) *polling {
	p := &polling{storm: newStorm(t, iocp.Config{Backend: backend, Concurrency: n}), got: make(chan sighting, 1<<10)}
	t.Cleanup(func() {
		check(t, p.port.Close())
		p.waits.Wait()
	})
	if active := p.port.Stats().Active; active != n && active != 1 {
		t.Fatalf("%d workers are active", active)
	} else if active == 1 {
		t.Skip("capability: one worker at a time polls here")
	}
	for range n {
		ctx, cancel := context.WithCancel(t.Context())
		p.workers = append(p.workers, p.port.WorkerContext(ctx))
		p.cancels = append(p.cancels, cancel)
	}
	return p
}

// wait has a worker wait until it has been told something.
func (p *polling) wait(i int) {
	p.waits.Go(func() {
		var dst [1]iocp.Completion
		_, err := p.workers[i].Wait(dst[:], iocp.Infinite)
		p.got <- sighting{i, dst[0], err}
	})
}

func (p *polling) allWait() {
	for i := range p.workers {
		p.wait(i)
		p.until("another waits", func() bool { return p.port.Stats().Waiting == i+1 })
	}
}

func (p *polling) until(what string, is func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(bound); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("never: %s: %+v", what, p.port.Stats())
		}
	}
}

func (p *polling) next() sighting {
	p.t.Helper()
	select {
	case s := <-p.got:
		return s
	case <-time.After(bound):
		p.t.Fatalf("nobody has seen anything: %+v", p.port.Stats())
		panic("unreachable")
	}
}

// Whatever has to reach one of several workers in the kernel reaches that one: posts
// the newest (C14), the end of a context its own, the port's end all. A timer, of which
// none had heard when it began to wait, reaches one of them.
func TestSeveralInTheKernelAreWoken(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "restraint")
	onBackends(t, func(t *testing.T, backend string) {
		const n = 4
		p := newPolling(t, backend, n)
		for range 10 {
			p.allWait()
			for i := n - 1; i >= 0; i-- {
				check(t, p.port.Post(nil, i, nil))
				if s := p.next(); s.err != nil || s.by != i || s.done.N != i {
					t.Fatalf("post %d: worker %d got %d, %v", i, s.by, s.done.N, s.err)
				}
			}
		}
		p.allWait()
		var timer iocp.Op
		check(t, p.port.After(&timer, 10*time.Millisecond, "timer"))
		s := p.next()
		if s.err != nil || s.done.Op != &timer {
			t.Fatalf("a timer, but %+v", s)
		}
		p.wait(s.by)
		for _, i := range []int{2, 0, 3} {
			p.cancels[i]()
			if s := p.next(); s.by != i || !errors.Is(s.err, context.Canceled) {
				t.Fatalf("the context of worker %d has ended, but %+v", i, s)
			}
		}
		check(t, p.port.Close())
		if s := p.next(); s.by != 1 || !errors.Is(s.err, iocp.ErrClosed) {
			t.Fatalf("the port is closed, but %+v", s)
		}
	})
}

// turn is which of the receives (0) or sends (1) of a socket an operation is.
type turn struct{ side, number int }

// What several workers in the kernel see of one socket they see in order, each for
// itself (C63), and every operation once, while many receives and sends are pending and
// some are cancelled.
func TestSeveralInTheKernelKeepOrder(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "restraint")
	onBackends(t, func(t *testing.T, backend string) {
		const n, rounds, pending = 4, 15, 64
		p := newPolling(t, backend, n)
		socks, peers := p.dialed(p.workers[0], 1)
		echo := inBackground(func() { io.Copy(peers[0], peers[0]) })
		var seen sync.Map // of *iocp.Op
		for i := range p.workers {
			p.waits.Go(func() { p.watchOrder(i, &seen) })
		}
		for number := range rounds * pending {
			recv, send := &iocp.Op{Owner: turn{0, number}}, &iocp.Op{Owner: turn{1, number}}
			check(t, socks[0].Recv(recv, make([]byte, 1)))
			check(t, socks[0].Send(send, []byte{byte(number)}))
			if number%16 == 15 {
				socks[0].Cancel(recv)
			}
			for range 2 * pending {
				if number%pending == pending-1 {
					p.next()
				}
			}
		}
		check(t, socks[0].Close())
		<-echo
	})
}

// watchOrder has a worker look at what it sees, until the port is closed.
func (p *polling) watchOrder(i int, seen *sync.Map) {
	last := [2]int{-1, -1}
	var dst [3]iocp.Completion
	for {
		k, err := p.workers[i].Wait(dst[:], iocp.Infinite)
		if err != nil {
			return
		}
		for _, c := range dst[:k] {
			at := c.Op.Owner.(turn)
			if _, twice := seen.LoadOrStore(c.Op, true); twice {
				p.t.Errorf("%+v was seen twice", at)
			}
			if c.Err == nil && at.number <= last[at.side] {
				p.t.Errorf("worker %d saw %+v after number %d", i, at, last[at.side])
			}
			if c.Err == nil {
				last[at.side] = at.number
			}
			p.got <- sighting{i, c, err}
		}
	}
}
