package model

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"iocp"
)

// A crowd is a program whose workers have a goroutine each. What they dequeue
// goes through an inbox, which the program reads between its steps: so it is in
// the order in which each of them has seen it, and in no other.
type crowd struct {
	*program
	workers sync.WaitGroup
	seen    map[line]int  // the turn of what a worker saw last
	gate    chan struct{} // each token lets a stuck worker go on
	open    chan struct{} // closed: nobody is stuck any more
	mail    chan struct{} // has a token when there is something in the inbox

	atWork atomic.Int64 // workers with packets in hand that haven't blocked since

	mu     sync.Mutex
	inbox  []sight
	faults []error
	names  int
}

// A sight is a packet as a worker has seen it.
type sight struct {
	by   int
	c    iocp.Completion
	data []byte // of a pooled buffer
}

// A habit is one thing that a worker does: it waits, and goes on.
type habit struct {
	room    int
	timeout time.Duration
	then    string
}

const wineResets = "capability: Wine tells one operation of a reset and no other, and leaves some sends waiting behind it"

// TestCrowd runs random programs while several workers wait, get stuck, block,
// and make room for others, at the same time.
func TestCrowd(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		if backend != "sim" && underWine() {
			t.Skip(wineResets)
		}
		before := runtime.NumGoroutine()
		rapid.Check(t, func(t *rapid.T) { runCrowd(t, backend) })
		noneLeft(t, before)
	})
}

// TestCrowdThatPolls is TestCrowd under a load that needs all workers, which on
// their own these programs aren't: where several may poll at a time, all do.
// What each finds goes to a queue of its own then, and what it leaves behind to
// the port's; so there is more that can get out of order, and it is rarer.
func TestCrowdThatPolls(t *testing.T) {
	t.Setenv("IOCP_DISABLE", strings.TrimLeft(os.Getenv("IOCP_DISABLE")+",restraint", ","))
	onEach(t, func(t *testing.T, backend string) {
		switch {
		case backend == "sim" || backend == "portable":
			t.Skipf("capability: on %s one worker polls at a time", backend)
		case underWine():
			t.Skip(wineResets)
		}
		before := runtime.NumGoroutine()
		for range 5 {
			rapid.Check(t, func(t *rapid.T) { runCrowd(t, backend) })
		}
		noneLeft(t, before)
	})
}

func runCrowd(t *rapid.T, backend string) {
	if backend == "sim" {
		backend = fmt.Sprintf("sim:%d/model", rapid.Uint64().Draw(t, "network"))
	}
	team := aTeam(t)
	c := newCrowd(t, backend, team)
	for range team.hands {
		habits := someHabits(t)
		c.workers.Go(func() { c.work(habits) })
	}
	for range rapid.IntRange(1, 150).Draw(t, "steps") {
		crowdActs[rapid.SampledFrom(crowdActions).Draw(t, "action")](c)
		c.read()
	}
	c.settle()
	c.finish()
}

// newCrowd makes connections, by a worker of which nothing is left.
func newCrowd(t *rapid.T, backend string, of team) *crowd {
	of.hands = 1
	c := &crowd{
		program: newProgram(t, backend, false, of),
		seen:    map[line]int{},
		gate:    make(chan struct{}), open: make(chan struct{}), mail: make(chan struct{}, 1),
	}
	for range rapid.IntRange(1, 2).Draw(t, "connections") {
		c.dial()
		c.accept("accept")
		for len(c.pending) > 0 {
			c.dequeue(8)
		}
	}
	c.hands[0].w.Close()
	c.hands, c.behind = nil, true
	c.Cleanup(func() { // before the one that closes the port
		c.free()
		c.port.Close()
		c.workers.Wait()
	})
	return c
}

// someHabits draws what a worker does over and over. In the end it waits for as
// long as it takes, so that it doesn't only look.
func someHabits(t *rapid.T) (habits []habit) {
	for range rapid.IntRange(0, 8).Draw(t, "habits") {
		habits = append(habits, habit{
			room:    rapid.IntRange(1, 8).Draw(t, "room"),
			timeout: rapid.SampledFrom([]time.Duration{iocp.Infinite, 0, 50 * time.Microsecond, time.Millisecond}).Draw(t, "timeout"),
			then:    rapid.SampledFrom([]string{"go on", "go on", "stuck", "blocking", "blocking stuck", "replace"}).Draw(t, "then"),
		})
	}
	return append(habits, habit{room: 1 + len(habits), timeout: iocp.Infinite})
}

// free lets everybody go on for good.
func (c *crowd) free() {
	select {
	case <-c.open:
	default:
		close(c.open)
	}
}

// stuck waits for the program to let one go on.
func (c *crowd) stuck() {
	select {
	case <-c.gate:
	case <-c.open:
	}
}

// work is a worker, and whoever replaces it.
func (c *crowd) work(habits []habit) {
	w, name := c.port.Worker(), c.name()
	defer func() { w.Close() }()
	for i := 0; ; i++ {
		h := habits[i%len(habits)]
		dst := make([]iocp.Completion, h.room)
		n, err := w.Wait(dst, h.timeout)
		switch {
		case errors.Is(err, iocp.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded) && h.timeout >= 0:
			continue
		case err != nil || n == 0:
			c.fault("Wait for up to %v: %d, %v", h.timeout, n, err)
			return
		}
		c.begin()
		c.see(name, dst[:n])
		if !c.handle(w, h) {
			w.Close()
			w, name = c.port.Worker(), c.name()
		}
	}
}

// begin holds the port to its cap (C17). Who has blocked doesn't count, nor when
// he is back: that may be one too many (C21).
func (c *crowd) begin() {
	if n := c.atWork.Add(1); int(n) > c.most() {
		c.fault("%d workers are at work, and should be %d: %+v", n, c.most(), c.port.Stats())
	}
}

// handle is what a worker does with packets in hand. It reports whether it
// goes on.
func (c *crowd) handle(w *iocp.Worker, h habit) bool {
	if h.then == "stuck" {
		c.stuck()
	}
	c.atWork.Add(-1)
	switch h.then {
	case "blocking":
		w.Blocking(runtime.Gosched)
	case "blocking stuck":
		w.Blocking(c.stuck)
	}
	return h.then != "replace"
}

func (c *crowd) name() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names++
	return c.names
}

// see puts packets into the inbox, and gives pooled buffers back.
func (c *crowd) see(by int, packets []iocp.Completion) {
	c.mu.Lock()
	for _, p := range packets {
		c.inbox = append(c.inbox, sight{by, p, bytes.Clone(p.Buf.Bytes())})
	}
	c.mu.Unlock()
	for _, p := range packets {
		p.Buf.Release()
	}
	select {
	case c.mail <- struct{}{}:
	default:
	}
}
