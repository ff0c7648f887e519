package model

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"iocp"
)

// A team is how many hands a program begins with, and how many may be at work.
type team struct {
	hands, cap int
	stallAfter time.Duration
}

// alone is one worker, who is never in anybody's way.
var alone = team{hands: 1, cap: 1}

// handsMost is how many hands a program may have.
const handsMost = 4

// aTeam draws a team.
func aTeam(t *rapid.T) team {
	return team{
		hands:      rapid.IntRange(2, handsMost).Draw(t, "hands"),
		cap:        rapid.IntRange(1, 4).Draw(t, "concurrency"),
		stallAfter: rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond}).Draw(t, "stall after"),
	}
}

// A hand is a worker of a program. One goroutine leads them all, so that the
// order in which they dequeue is that of the steps: what C63 promises to one
// worker must hold over all of them.
type hand struct {
	id   int
	w    *iocp.Worker
	busy bool // has dequeued packets, and hasn't come back
	away bool // inside Blocking
}

// TestWorkers runs random programs whose packets several workers dequeue: some
// are given packets and don't come back for long, some block and say so, some
// are closed and replaced.
func TestWorkers(t *testing.T) {
	onEach(t, func(t *testing.T, backend string) {
		if backend != "sim" && underWine() {
			t.Skip("capability: Wine tells one operation of a reset and no other, and leaves some sends waiting behind it")
		}
		before := runtime.NumGoroutine()
		rapid.Check(t, func(t *rapid.T) { run(t, backend, aTeam(t), teamActions) })
		noneLeft(t, before)
	})
}

// noneLeft sees to it that goroutines end: there are no more than before.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for limit := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(limit) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("goroutines: %d, before: %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func (p *program) hire() {
	p.hands = append(p.hands, &hand{id: p.hired, w: p.port.Worker()})
	p.hired++
}

func (p *program) hireOne() {
	if len(p.hands) < handsMost {
		p.hire()
	}
}

// pickHand draws one that can wait; nil if all are inside Blocking.
func (p *program) pickHand() *hand {
	free := slices.DeleteFunc(slices.Clone(p.hands), func(h *hand) bool { return h.away })
	if len(free) == 0 {
		return nil
	}
	return pick(p, "worker", free)
}

// replace closes a worker, maybe with packets in hand, and makes another.
func (p *program) replace() {
	h := p.pickHand()
	if h == nil {
		return
	}
	p.note("worker %d is replaced", h.id)
	h.w.Close()
	p.hands = slices.DeleteFunc(p.hands, func(o *hand) bool { return o == h })
	p.hire()
}

// blocking has a worker block while the others go on.
func (p *program) blocking() {
	h := p.pickHand()
	if h == nil {
		return
	}
	p.note("worker %d blocks", h.id)
	h.w.Blocking(func() {
		h.away = true
		for range rapid.IntRange(1, 8).Draw(p.T, "steps meanwhile") {
			p.next()
		}
		h.away = false
	})
	p.note("worker %d is back", h.id)
}

// working is how many hands other than h count against the cap.
func (p *program) working(h *hand) (n int) {
	for _, o := range p.hands {
		if o != h && o.busy && !o.away {
			n++
		}
	}
	return n
}

// hasRoom reports whether h must be given what there is. On a closed port nobody
// finds out any more who doesn't come back.
func (p *program) hasRoom(h *hand) bool {
	most := p.most()
	if p.closed {
		most = p.team.cap
	}
	return p.working(h) < most
}

// most is how many may be at work: twice the cap if those that don't come back
// count no more after a while (C20).
func (p *program) most() int {
	if p.team.stallAfter > 0 {
		return 2 * p.team.cap
	}
	return p.team.cap
}

// putToWork takes note of packets that h has dequeued, and holds the port to
// its cap (C17, C21).
func (p *program) putToWork(h *hand) {
	h.busy = true
	others, st := p.working(h), p.port.Stats()
	switch {
	case others >= p.most():
		p.Fatalf("worker %d was given packets with %d others at work: %+v", h.id, others, st)
	case st.Running != others+1 || st.Waiting != 0 || st.Workers != len(p.hands):
		p.Fatalf("worker %d is at work with %d others of %d: %+v", h.id, others, len(p.hands)-1, st)
	}
}
