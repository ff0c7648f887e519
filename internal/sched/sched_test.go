package sched

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// waiters makes n workers' parts of the state, named by their position.
func waiters(n int) []*Waiter {
	ws := make([]*Waiter, n)
	for i := range ws {
		ws[i] = &Waiter{Owner: i}
	}
	return ws
}

func enter(s *State, ws ...*Waiter) {
	for _, w := range ws {
		s.Wait(w)
	}
}

func expect(t *testing.T, what string, got, want *Waiter) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %s, want %s", what, name(got), name(want))
	}
}

func name(w *Waiter) string {
	if w == nil {
		return "nobody"
	}
	return fmt.Sprint("worker ", w.Owner)
}

func TestNewestWaiterIsReleasedFirst(t *testing.T) {
	s, ws := New(3), waiters(3)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[2])
	s.Arrive(ws[2])
	expect(t, "next packet, the first one handled", s.Release(1), ws[1])
	s.Wait(ws[2])
	s.Arrive(ws[1])
	expect(t, "after the first has come back", s.Release(1), ws[2])
}

func TestWaitingAgainKeepsThePlace(t *testing.T) {
	s, ws := New(3), waiters(2)
	enter(s, ws[0], ws[1], ws[0])
	expect(t, "newest", s.Newest(), ws[1])
	if s.Waiting() != 2 {
		t.Fatalf("%d wait, want 2", s.Waiting())
	}
}

func TestWithdrawnWaiterIsNotReleased(t *testing.T) {
	s, ws := New(3), waiters(2)
	enter(s, ws...)
	s.Withdraw(ws[1])
	expect(t, "released", s.Release(1), ws[0])
	expect(t, "released, nobody left", s.Release(1), nil)
}

func TestNobodyIsReleasedForAnEmptyQueue(t *testing.T) {
	s, ws := New(3), waiters(1)
	enter(s, ws...)
	expect(t, "released", s.Release(0), nil)
}

func TestBusyWorkerKeepsThePackets(t *testing.T) {
	s, ws := New(3), waiters(2)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[1])
	expect(t, "second packet, while the first is handled", s.Release(1), nil)
	if !s.NeedTick(1) {
		t.Fatal("a packet waits behind a busy worker and nobody looks after it")
	}
}

func TestCapBoundsWhoeverRuns(t *testing.T) {
	s, ws := New(1), waiters(2)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[1])
	for range 5 {
		release, promote := s.Tick(1, 2)
		expect(t, "released above the cap", release, nil)
		expect(t, "promoted above the cap", promote, nil)
	}
	if s.Poll(ws[0]) {
		t.Fatal("polls although it couldn't run what it finds")
	}
	if s.NeedTick(1) {
		t.Fatal("ticks although nothing may be done at the cap")
	}
	s.Arrive(ws[1])
	expect(t, "released once there is a slot", s.Release(1), ws[0])
}

func TestOverduePacketReleasesAnother(t *testing.T) {
	s, ws := New(2), waiters(2)
	enter(s, ws...)
	s.Release(1) // packet 1 is being handled; packet 2 is queued
	release, _ := s.Tick(1, 2)
	expect(t, "released for a packet that wasn't there at the last tick", release, nil)
	s.Arrive(ws[1]) // not silent, but with other packets than the queued one
	s.Run(ws[1])
	release, _ = s.Tick(1, 2)
	expect(t, "released for a packet a tick old", release, ws[0])
}

func TestYoungPacketsAreLeftToTheBusy(t *testing.T) {
	s, ws := New(2), waiters(2)
	enter(s, ws...)
	s.Release(1)
	for total := uint64(2); total < 20; total++ { // each tick finds another packet
		s.Arrive(ws[1])
		s.Run(ws[1])
		release, _ := s.Tick(1, total)
		expect(t, "released although the busy worker keeps up", release, nil)
	}
}

func TestSilentWorkerCountsAsStalled(t *testing.T) {
	s, ws := New(2), waiters(2)
	enter(s, ws...)
	s.Release(1)
	s.Tick(0, 1)
	if s.Stalled() != 0 {
		t.Fatal("stalled within a tick")
	}
	_, promote := s.Tick(0, 1)
	if s.Stalled() != 1 || s.Running() != 1 {
		t.Fatalf("%d stalled of %d running, want 1 of 1", s.Stalled(), s.Running())
	}
	expect(t, "promoted to poll in its place", promote, ws[0])
	expect(t, "poller", s.Poller(), ws[0])
	expect(t, "next packet", s.Release(1), ws[0])
	s.Arrive(ws[1])
	if s.Stalled() != 0 || s.Running() != 1 {
		t.Fatalf("after it came back: %d stalled of %d running, want 0 of 1", s.Stalled(), s.Running())
	}
}

func TestOnePollsAtATime(t *testing.T) {
	s, ws := New(4), waiters(2)
	enter(s, ws...)
	if !s.Poll(ws[0]) {
		t.Fatal("nobody polls and nobody is busy, but it may not")
	}
	if s.Poll(ws[1]) || s.Seize(ws[1]) {
		t.Fatal("two poll")
	}
	s.StopPoll(ws[1])
	expect(t, "poller after another stopped", s.Poller(), ws[0])
	s.StopPoll(ws[0])
	expect(t, "promoted", s.Promote(), ws[1])
}

func TestReleasedPollerPollsUntilItIsBack(t *testing.T) {
	s, ws := New(2), waiters(1)
	enter(s, ws...)
	s.Poll(ws[0])
	expect(t, "released", s.Release(1), ws[0])
	expect(t, "poller", s.Poller(), ws[0])
}

func TestClosingPollsWhoeverIsBusy(t *testing.T) {
	s, ws := New(1), waiters(2)
	s.Run(ws[0])
	if s.Poll(ws[1]) {
		t.Fatal("polls at the cap")
	}
	if !s.Seize(ws[1]) {
		t.Fatal("may not poll although nobody does")
	}
}

// The rest drives the state with made-up events, as the port would, and checks
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
	d := &desk{State: New(slots), rnd: rnd}
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

func (d *desk) tick() {
	release, promote := d.Tick(d.queued, d.total)
	if release != nil {
		d.grant(release)
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
	case event < 3 && d.NeedTick(d.queued):
		d.tick()
		return "tick"
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
	case running > d.Cap() || running != d.Running():
		return fmt.Errorf("%d workers run, the state says %d, the cap is %d", running, d.Running(), d.Cap())
	case polling > 1:
		return fmt.Errorf("%d poll", polling)
	case d.signaled() || polling > 0 || d.Waiting() == 0 || !d.MayRun() || d.NeedTick(d.queued):
		return nil // somebody looks soon, or nobody could
	}
	return fmt.Errorf("%d wait, %d run (%d stalled) and %d packets are queued, but nobody polls and no tick will come",
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
		if d.NeedTick(d.queued) {
			d.tick()
		}
	}
	if d.Waiting() == 0 || !d.MayRun() {
		return nil
	}
	if d.queued > 0 || d.Poller() == nil {
		return fmt.Errorf("%d wait, %d of %d run and are stuck, but %d packets stay queued; poller: %v",
			d.Waiting(), d.Running(), d.Cap(), d.queued, d.Poller() != nil)
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
