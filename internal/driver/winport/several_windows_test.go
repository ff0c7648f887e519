package winport_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

// group is pollers that a goroutine each has poll, until they are told to stop.
type group struct {
	b     *bench
	all   []*member
	stops atomic.Bool
	gone  sync.WaitGroup
}

type member struct {
	driver.Poller
	polls atomic.Int64 // that are over
}

func (b *bench) polling(n int) *group {
	c := &group{b: b}
	for range n {
		m := &member{Poller: b.port.NewPoller(new(driver.LocalQueue))}
		c.all = append(c.all, m)
		c.gone.Go(func() { c.work(m) })
	}
	b.t.Cleanup(c.stop) // before the port is closed
	return c
}

func (c *group) work(m *member) {
	for !c.stops.Load() {
		if err := m.Poll(-1); err != nil {
			c.b.t.Error(err)
			return
		}
		m.polls.Add(1)
	}
}

// stop has all of them woken, each by a wake of its own.
func (c *group) stop() {
	c.stops.Store(true)
	for _, m := range c.all {
		m.Wake()
	}
	c.gone.Wait()
}

// until waits for something to become true.
func (b *bench) until(what string, is func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(bound); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			b.t.Fatal("never: ", what)
		}
	}
}

func (b *bench) allInside(n int) {
	b.t.Helper()
	b.until("all are in the kernel", func() bool { return winport.Inside(b.port) == n })
}

// As many wait in the kernel as there are pollers, and who is woken comes out,
// whichever thread gets the packet. The others stay, and go there no more often than
// it takes to pass the packet on: each of them once, and once more for who has come
// out.
func TestSeveralWaitInTheKernel(t *testing.T) {
	const pollers, rounds = 4, 50
	calls := winport.Dequeues(t)
	b := newBench(t)
	if !b.port.SeveralPoll() {
		t.Fatal("one may poll at a time")
	}
	c := b.polling(pollers)
	before := make([]int64, pollers)
	for round := range rounds {
		b.allInside(pollers)
		called := calls.Load()
		for i, m := range c.all {
			before[i] = m.polls.Load()
		}
		i := (round * 3) % pollers
		c.all[i].Wake()
		b.until("who was woken comes out", func() bool { return c.all[i].polls.Load() > before[i] })
		b.allInside(pollers)
		for k, m := range c.all {
			if n := m.polls.Load() - before[k]; k != i && n > 0 {
				t.Fatalf("poller %d was woken, and %d came back", i, k)
			}
		}
		if n := calls.Load() - called; n > 2*pollers {
			t.Fatalf("a wake took %d calls", n)
		}
	}
}

// However many wake, and are woken, whoever is comes out, and what there is to be done
// stays within what the wakes are.
func TestNoWakeIsLost(t *testing.T) {
	const pollers, wakers, each = 4, 3, 200
	calls := winport.Dequeues(t)
	b := newBench(t)
	c := b.polling(pollers)
	var waking sync.WaitGroup
	for k := range wakers {
		dice := rand.New(rand.NewPCG(2, uint64(k)))
		waking.Go(func() {
			for range each {
				m := c.all[dice.IntN(pollers)]
				n := m.polls.Load()
				m.Wake()
				b.outs(m, n)
			}
		})
	}
	waking.Wait()
	if n := calls.Load(); n > (wakers*each+1)*pollers {
		t.Errorf("%d wakes took %d calls", wakers*each, n)
	}
	b.port.Wake()
	b.until("all come out", func() bool {
		return !slices.ContainsFunc(c.all, func(m *member) bool { return m.polls.Load() == 0 })
	})
}

// outs waits until a poller has come out of so many polls.
func (b *bench) outs(m *member, than int64) {
	for deadline := time.Now().Add(bound); m.polls.Load() <= than; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			b.t.Error("a poller that was woken stays in the kernel")
			return
		}
	}
}

// What four pollers dequeue of a socket is reported in the order in which it was
// started, in both directions (C63), though many sends are in the kernel at a time.
func TestSeveralReportInOrder(t *testing.T) {
	const rounds, pending = 15, 64
	b := newBench(t)
	s, peer := b.ourPair()
	c := b.polling(4)
	for range rounds {
		var sends, recvs []*driver.Op
		for i := range pending {
			r, w := recvOp(make([]byte, 1)), sendOp([]byte{byte(i)})
			b.ok(peer.Recv(r))
			b.ok(s.Send(w))
			recvs, sends = append(recvs, r), append(sends, w)
		}
		var gotSends, gotRecvs []*driver.Op
		b.until("all have completed", func() bool {
			for op := b.take(); op != nil; op = b.take() {
				if op.Kind == driver.KindSend {
					gotSends = append(gotSends, op)
				} else {
					gotRecvs = append(gotRecvs, op)
				}
			}
			return len(gotSends)+len(gotRecvs) == 2*pending
		})
		if !slices.Equal(gotSends, sends) || !slices.Equal(gotRecvs, recvs) {
			t.Fatal("completed in another order than they were started")
		}
		for i, r := range recvs {
			if r.Bufs()[0][0] != byte(i) {
				t.Fatalf("receive %d has byte %d", i, r.Bufs()[0][0])
			}
		}
	}
	c.stop()
}

// With everybody in the kernel, what is shut comes back to one or another of them.
func TestShutWithSeveralInTheKernel(t *testing.T) {
	b := newBench(t)
	s, peer := b.ourPair()
	b.polling(4)
	b.allInside(4)
	ops := []*driver.Op{recvOp(make([]byte, 1)), recvOp(make([]byte, 1)), {Kind: driver.KindRecvPooled}}
	b.ok(s.Recv(ops[0]))
	b.ok(s.Recv(ops[1]))
	b.ok(peer.RecvPooled(ops[2]))
	b.port.Shut()
	var got []*driver.Op
	b.until("all have completed", func() bool {
		if op := b.take(); op != nil {
			got = append(got, op)
		}
		return len(got) == len(ops) && b.port.InFlight() == 0
	})
}

// Whoever polls until the kernel has given everything back comes out when it has,
// though the last packet was another's.
func TestLastPacketIsAnothers(t *testing.T) {
	b := newBench(t)
	s, _ := b.ourPair()
	b.ok(s.Recv(recvOp(make([]byte, 1))))
	var out atomic.Int32
	var polling sync.WaitGroup
	for _, poll := range []func(time.Duration) error{b.port.Poll, b.me.Poll} {
		polling.Go(func() {
			for b.port.InFlight() > 0 {
				if err := poll(-1); err != nil {
					t.Error(err)
				}
			}
			out.Add(1)
		})
	}
	b.allInside(2)
	b.port.Shut()
	defer polling.Wait()
	defer b.port.Wake()
	b.until("both come out", func() bool { return out.Load() == 2 })
}
