package sched

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// This file drives the state with made-up events, as the port would, and checks
// after each that nothing has been forgotten.

// A desk plays the port: it does what the state answers.
type desk struct {
	*State
	rnd     *rand.Rand
	workers []*worker
	queued  int
	total   uint64
	handed  uint64
}

// A worker is away (handling packets or doing something else), parked, or in
// the kernel.
type worker struct {
	Waiter
	in       bool // inside Wait
	polling  bool // in the kernel
	signaled bool // must look again
	granted  bool
	packets  int // being handled
}

func newDesk(rnd *rand.Rand, slots, workers int) *desk {
	patience := uint64(rnd.IntN(2) * (2 + rnd.IntN(4)))
	d := &desk{State: New(slots, patience), rnd: rnd}
	for range workers {
		w := &worker{}
		w.Owner = w
		d.workers = append(d.workers, w)
	}
	return d
}

// arrive is the beginning of Wait.
func (d *desk) arrive(w *worker) {
	w.packets = 0
	if d.queued > 0 && d.rnd.IntN(2) == 0 && d.Again(&w.Waiter) {
		d.leave(w)
		return
	}
	d.Arrive(&w.Waiter)
	w.in = true
	if d.queued > 0 && d.MayRun() {
		d.Run(&w.Waiter)
		d.leave(w)
		return
	}
	d.settle(w)
}

// settle has w poll or park.
func (d *desk) settle(w *worker) {
	d.State.Wait(&w.Waiter)
	w.polling = d.Poll(&w.Waiter)
}

// look is what w does when it has been signaled or comes back from the kernel.
func (d *desk) look(w *worker) {
	w.signaled = false
	if w.polling {
		w.polling = false
		d.StopPoll(&w.Waiter)
	}
	if !w.granted && d.queued > 0 && d.MayRun() && d.Newest() == &w.Waiter {
		d.Run(&w.Waiter)
		d.leave(w)
		return
	}
	d.dispatch()
	if w.granted {
		w.granted = false
		w.packets++
		d.leave(w)
		return
	}
	d.settle(w)
}

// leave ends a Wait with what is queued, up to a random room.
func (d *desk) leave(w *worker) {
	for room := 1 + d.rnd.IntN(4); d.queued > 0 && w.packets < room; w.packets++ {
		d.pop()
	}
	w.in = false
}

func (d *desk) pop() {
	d.queued--
	d.handed++
}

func (d *desk) push(n int) {
	d.queued += n
	d.total += uint64(n)
}

func (d *desk) dispatch() {
	for w := d.Release(d.queued); w != nil; w = d.Release(d.queued) {
		d.grant(w)
	}
}

func (d *desk) grant(sw *Waiter) {
	w := sw.Owner.(*worker)
	w.granted, w.signaled = true, true
	d.pop()
}

// handOver follows a worker's leaving without packets.
func (d *desk) handOver() {
	d.dispatch()
	d.promote(d.Promote())
}

func (d *desk) promote(sw *Waiter) {
	if sw != nil {
		d.StopPoll(sw)
		sw.Owner.(*worker).signaled = true
	}
}

func (d *desk) watch() {
	release, promote := d.Look(1+uint64(d.rnd.IntN(2*calmPace)), d.queued, d.total, d.rnd.IntN(8) == 0)
	for range release {
		if w := d.Relieve(d.queued); w != nil {
			d.grant(w)
		}
	}
	d.promote(promote)
}

// step lets something happen at random.
func (d *desk) step() string {
	w := d.workers[d.rnd.IntN(len(d.workers))]
	switch event := d.rnd.IntN(10); {
	case event < 2:
		d.push(1)
		d.dispatch()
		return "a packet is posted"
	case event < 3 && d.NeedLook(d.queued):
		d.watch()
		return "a look"
	case !w.in && event == 3:
		w.packets = 0
		d.Arrive(&w.Waiter)
		d.handOver()
		return "a worker closes"
	case !w.in:
		d.arrive(w)
		return "a worker waits"
	case w.polling && event < 7:
		d.push(d.rnd.IntN(4))
		d.look(w)
		return "the poller is back"
	case w.signaled:
		d.look(w)
		return "a signaled worker looks"
	case event == 9 && !w.granted && !w.polling:
		d.Withdraw(&w.Waiter)
		w.in = false
		d.handOver()
		return "a wait times out"
	}
	return "nothing"
}

// most is how many may run in any case.
func (d *desk) most() int {
	if d.patience > 0 {
		return 2 * d.Cap()
	}
	return d.Cap()
}

// signaled reports whether somebody is about to look.
func (d *desk) signaled() bool {
	for _, w := range d.workers {
		if w.signaled {
			return true
		}
	}
	return false
}

// check finds what is wrong after an event.
func (d *desk) check() error {
	running, polling := 0, 0
	for _, w := range d.workers {
		if w.packets > 0 || w.granted {
			running++
		}
		if w.polling {
			polling++
		}
	}
	switch {
	case running > d.most() || running != d.Running():
		return fmt.Errorf("%d workers run, the state says %d, at most %d may", running, d.Running(), d.most())
	case polling > d.target.max:
		return fmt.Errorf("%d poll", polling)
	case d.signaled() || polling > 0 || d.Waiting() == 0 || d.NeedLook(d.queued):
		return nil // somebody looks soon
	case !d.MayRun() && d.Running() >= d.most():
		return nil // nobody could do anything
	}
	return fmt.Errorf("%d wait, %d run (%d stalled) and %d packets are queued, but nobody polls and no look will come",
		d.Waiting(), d.Running(), d.Stalled(), d.queued)
}

// freeze lets the workers that run never come back, and sees whether the
// others take over.
func (d *desk) freeze() error {
	for range 4 * (len(d.workers) + 2) {
		for _, w := range d.workers {
			if w.signaled {
				d.look(w)
			}
		}
		if d.NeedLook(d.queued) {
			d.watch()
		}
	}
	if d.Waiting() == 0 || !d.MayRun() {
		return nil
	}
	if d.queued > 0 || d.Pollers() == 0 {
		return fmt.Errorf("%d wait, %d of %d run and are stuck, but %d packets stay queued; poller: %v",
			d.Waiting(), d.Running(), d.Cap(), d.queued, d.Pollers() > 0)
	}
	return nil
}

func TestNothingIsForgotten(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for round := range uint64(500) {
		if err := trial(rand.New(rand.NewPCG(seed, round))); err != nil {
			t.Fatalf("seed %d round %d: %v", seed, round, err)
		}
	}
}

func trial(rnd *rand.Rand) error {
	d := newDesk(rnd, 1+rnd.IntN(4), 1+rnd.IntN(6))
	last := "the beginning"
	for range 400 {
		if err := d.check(); err != nil {
			return fmt.Errorf("after %q: %w", last, err)
		}
		last = d.step()
	}
	if err := d.freeze(); err != nil {
		return fmt.Errorf("with the running workers stuck: %w", err)
	}
	if d.handed+uint64(d.queued) != d.total {
		return fmt.Errorf("%d packets came, %d were handed out and %d are queued", d.total, d.handed, d.queued)
	}
	return nil
}
