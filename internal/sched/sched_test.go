package sched

import (
	"fmt"
	"testing"
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
	s, ws := New(3, 0), waiters(3)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[2])
	s.Arrive(ws[2])
	expect(t, "next packet, the first one handled", s.Release(1), ws[1])
	s.Wait(ws[2])
	s.Arrive(ws[1])
	expect(t, "after the first has come back", s.Release(1), ws[2])
}

func TestWaitingAgainKeepsThePlace(t *testing.T) {
	s, ws := New(3, 0), waiters(2)
	enter(s, ws[0], ws[1], ws[0])
	expect(t, "newest", s.Newest(), ws[1])
	if s.Waiting() != 2 {
		t.Fatalf("%d wait, want 2", s.Waiting())
	}
}

func TestWithdrawnWaiterIsNotReleased(t *testing.T) {
	s, ws := New(3, 0), waiters(2)
	enter(s, ws...)
	s.Withdraw(ws[1])
	expect(t, "released", s.Release(1), ws[0])
	expect(t, "released, nobody left", s.Release(1), nil)
}

func TestNobodyIsReleasedForAnEmptyQueue(t *testing.T) {
	s, ws := New(3, 0), waiters(1)
	enter(s, ws...)
	expect(t, "released", s.Release(0), nil)
}

func TestBusyWorkerKeepsThePackets(t *testing.T) {
	s, ws := New(3, 0), waiters(2)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[1])
	expect(t, "second packet, while the first is handled", s.Release(1), nil)
	if !s.NeedLook(1) {
		t.Fatal("a packet waits behind a busy worker and nobody looks after it")
	}
}

// look has it look after a tick, as the port does, and gives the first of those
// released.
func look(s *State, queued int, total uint64) (released, promoted *Waiter) {
	n, promoted := s.Look(1, queued, total, false)
	for range n {
		if w := s.Relieve(queued); w != nil && released == nil {
			released = w
		}
	}
	return released, promoted
}

func TestCapBoundsWhoeverRuns(t *testing.T) {
	s, ws := New(1, 0), waiters(2)
	enter(s, ws...)
	expect(t, "first packet", s.Release(1), ws[1])
	for range 5 {
		release, promote := look(s, 1, 2)
		expect(t, "released above the cap", release, nil)
		expect(t, "promoted above the cap", promote, nil)
	}
	if s.Poll(ws[0]) {
		t.Fatal("polls although it couldn't run what it finds")
	}
	if s.NeedLook(1) {
		t.Fatal("looks although nothing may be done at the cap")
	}
	s.Arrive(ws[1])
	expect(t, "released once there is a slot", s.Release(1), ws[0])
}

func TestOverduePacketReleasesAnother(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1) // packet 1 is being handled; packet 2 is queued
	release, _ := look(s, 1, 2)
	expect(t, "released for a packet that wasn't there at the last look", release, nil)
	s.Arrive(ws[1]) // not silent, but with other packets than the queued one
	s.Run(ws[1])
	release, _ = look(s, 1, 2)
	expect(t, "released for a packet a tick old", release, ws[0])
}

func TestYoungPacketsAreLeftToTheBusy(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	for total := uint64(2); total < 20; total++ { // each look finds another packet
		s.Arrive(ws[1])
		s.Run(ws[1])
		release, _ := look(s, 1, total)
		expect(t, "released although the busy worker keeps up", release, nil)
	}
}

func TestSilentWorkerCountsAsStalled(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	look(s, 0, 1)
	if s.Stalled() != 0 {
		t.Fatal("stalled since the last look")
	}
	_, promote := look(s, 0, 1)
	if s.Stalled() != 1 || s.Running() != 1 {
		t.Fatalf("%d stalled of %d running, want 1 of 1", s.Stalled(), s.Running())
	}
	expect(t, "promoted to poll in its place", promote, ws[0])
	if !ws[0].Polls() {
		t.Fatal("it doesn't poll")
	}
	expect(t, "next packet", s.Release(1), ws[0])
	s.Arrive(ws[1])
	if s.Stalled() != 0 || s.Running() != 1 {
		t.Fatalf("after it came back: %d stalled of %d running, want 0 of 1", s.Stalled(), s.Running())
	}
}

func TestClosingLeavesNothingToTheBusy(t *testing.T) {
	s, ws := New(2, 0), waiters(3)
	enter(s, ws...)
	s.Release(1)
	s.Hasten()
	expect(t, "released behind a busy worker", s.Release(1), ws[1])
	expect(t, "released above the cap", s.Release(1), nil)
}

func TestBlockingWorkerGivesItsSlotAway(t *testing.T) {
	s, ws := New(1, 0), waiters(3)
	enter(s, ws...)
	s.Release(1)
	if !s.Block(ws[2]) || s.Block(ws[0]) {
		t.Fatal("a worker that runs has a slot to give, one that waits hasn't")
	}
	expect(t, "takes the slot", s.Relieve(1), ws[1])
	s.Unblock(ws[2])
	if s.Running() != 2 || s.MayRun() {
		t.Fatalf("%d run after it went on, and another may: %v", s.Running(), s.MayRun())
	}
	s.Arrive(ws[1])
	expect(t, "released while one still runs", s.Release(1), nil)
	s.Arrive(ws[2])
	expect(t, "released when none does", s.Release(1), ws[0])
}

func TestSilentWorkersAreForgivenUpToTheCap(t *testing.T) {
	s, ws := New(1, 3), waiters(3)
	enter(s, ws...)
	s.Release(1)
	var released []*Waiter
	for range 20 {
		if w, _ := look(s, 1, 1); w != nil {
			released = append(released, w)
		}
	}
	if len(released) != 1 || released[0] != ws[1] || s.Excess() != 1 {
		t.Fatalf("%d released beyond the cap, %d counted, want one: the cap again", len(released), s.Excess())
	}
	s.Arrive(ws[2])
	if s.Running() != 1 {
		t.Fatalf("%d run after the first came back", s.Running())
	}
}

func TestOnePollsAtATime(t *testing.T) {
	s, ws := New(4, 0), waiters(2)
	enter(s, ws...)
	if !s.Poll(ws[0]) {
		t.Fatal("nobody polls and nobody is busy, but it may not")
	}
	if s.Poll(ws[1]) || s.Seize(ws[1]) {
		t.Fatal("two poll")
	}
	s.StopPoll(ws[1])
	if !ws[0].Polls() || s.Pollers() != 1 {
		t.Fatal("one who didn't poll has stopped, and the poller too")
	}
	s.StopPoll(ws[0])
	expect(t, "promoted", s.Promote(), ws[1])
}

func TestReleasedPollerPollsUntilItIsBack(t *testing.T) {
	s, ws := New(2, 0), waiters(1)
	enter(s, ws...)
	s.Poll(ws[0])
	expect(t, "released", s.Release(1), ws[0])
	if !ws[0].Polls() {
		t.Fatal("it doesn't poll")
	}
}

func TestClosingPollsWhoeverIsBusy(t *testing.T) {
	s, ws := New(1, 0), waiters(2)
	s.Run(ws[0])
	if s.Poll(ws[1]) {
		t.Fatal("polls at the cap")
	}
	if !s.Seize(ws[1]) {
		t.Fatal("may not poll although nobody does")
	}
}

func TestLooksAreRareWhileThereIsNothingToFind(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	if s.Pace() != calmPace {
		t.Fatal("a new port looks often")
	}
	s.Release(1)
	look(s, 0, 1)
	look(s, 0, 1) // silent
	if s.Pace() != 1 {
		t.Fatal("a stalled worker was found, and looks stay rare")
	}
	s.Arrive(ws[1])
	s.Wait(ws[1])
	s.Look(calmAfter, 0, 1, false)
	if s.Pace() < calmPace {
		t.Fatal("nothing was found for long, and looks stay frequent")
	}
	for range quietMost {
		s.Look(calmPace, 0, 1, false)
	}
	if got, want := s.Pace(), uint64(calmPace<<quietMost); got != want {
		t.Fatalf("nobody is at work, and looks are %d ticks apart, want %d", got, want)
	}
	s.Look(s.Pace(), 0, 1, false)
	if s.Pace() != calmPace<<quietMost {
		t.Fatal("looks become rarer and rarer")
	}
	s.Release(1)
	s.Look(s.Pace(), 0, 2, false)
	if s.Pace() != calmPace {
		t.Fatal("somebody is at work, and looks stay as rare as that")
	}
}

// TestRareLooksDontShortenPatience: how long a worker has been silent is known
// from looks only, so it counts from the first at which it ran.
func TestRareLooksDontShortenPatience(t *testing.T) {
	s, ws := New(1, 15), waiters(2)
	enter(s, ws...)
	s.Look(calmPace, 0, 0, false)
	s.Release(1) // just before the next look
	s.StopPoll(ws[1])
	for _, ticks := range []uint64{calmPace, calmPace} {
		s.Look(ticks, 1, 2, false)
		expect(t, "released before its time", s.Relieve(1), nil)
	}
	s.Look(5, 1, 2, false)
	expect(t, "released after 15 ticks", s.Relieve(1), ws[0])
}

// TestWhoMayQueueForCPUsHasTime: where threads of the process are preempted, a worker
// that is silent may just be without a CPU, and another would be so too.
func TestWhoMayQueueForCPUsHasTime(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	s.Look(1, 1, 2, true)
	for ticks := 1; ticks < queueMost; ticks++ {
		if release, _ := s.Look(1, 1, 2, ticks%(queueMost-1) == 0); release > 0 || s.Stalled() > 0 {
			t.Fatalf("after %d ticks %d are released and %d stalled", ticks, release, s.Stalled())
		}
	}
	if release, _ := s.Look(1, 1, 2, true); release != 1 || s.Stalled() != 1 {
		t.Fatalf("after %d ticks %d are released and %d stalled, want 1 and 1", queueMost, release, s.Stalled())
	}
}

// TestPreemptionIsForgotten: workers are silent for another reason if none has been
// preempted of late.
func TestPreemptionIsForgotten(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Look(1, 0, 0, true)
	s.Look(queueMost, 0, 0, false)
	s.StopPoll(s.Release(1))
	look(s, 1, 2)
	if release, _ := look(s, 1, 2); release != ws[0] || s.Stalled() != 1 {
		t.Fatalf("%d are stalled, and the packet behind isn't given to another", s.Stalled())
	}
}

// TestQuickHandlersAreLeftAlone: two workers that do little but take packets off
// one queue get less done than one.
func TestQuickHandlersAreLeftAlone(t *testing.T) {
	for _, c := range []struct{ handled, queued, want int }{
		{handled: 5, queued: 5, want: 1},         // slow handlers, and a tick's work
		{handled: quick, queued: quick, want: 0}, // quick ones
		{handled: quick, queued: 3 * quick * quickTicks, want: 3},
	} {
		s, ws := New(8, 0), waiters(8)
		enter(s, ws...)
		s.Release(1)
		total := uint64(c.handled + c.queued)
		s.Look(1, int(total), total, false)
		s.Arrive(ws[7])
		s.Run(ws[7])
		if release, _ := s.Look(1, c.queued, total, false); release != c.want {
			t.Errorf("%d handled in a tick and %d overdue: %d released, want %d", c.handled, c.queued, release, c.want)
		}
	}
}

// TestQuickIsMeantForEach: several that run, and several ticks, are as quick as
// one in one when each has handled as much in each.
func TestQuickIsMeantForEach(t *testing.T) {
	for _, c := range []struct {
		busy    int
		ticks   uint64
		handled int
		want    int
	}{
		{busy: 1, ticks: 3, handled: 3 * quick, want: 0},
		{busy: 1, ticks: 3, handled: 3*quick - 1, want: 1},
		{busy: 2, ticks: 1, handled: 2 * quick, want: 0},
		{busy: 2, ticks: 1, handled: 2*quick - 1, want: 1},
		{busy: 2, ticks: 3, handled: 6 * quick, want: 0},
		{busy: 2, ticks: 3, handled: 6*quick - 1, want: 1},
	} {
		s, ws := New(8, 0), waiters(8)
		enter(s, ws[c.busy:]...)
		for _, w := range ws[:c.busy] {
			s.Run(w)
		}
		const queued = 1
		total := uint64(c.handled + queued)
		s.Look(1, int(total), total, false)
		for _, w := range ws[:c.busy] { // they aren't silent
			s.Arrive(w)
			s.Run(w)
		}
		if release, _ := s.Look(c.ticks, queued, total, false); release != c.want {
			t.Errorf("%d handled by %d in %d ticks and one overdue: %d released, want %d", c.handled, c.busy, c.ticks, release, c.want)
		}
	}
}

// TestPollingIsNotSilence: a worker that looks into the kernel between packets
// may be there for long, carrying out a large batch.
func TestPollingIsNotSilence(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	if !s.Seize(ws[1]) {
		t.Fatal("a running worker can't look into the kernel")
	}
	for range 5 {
		look(s, 0, 1)
	}
	s.StopPoll(ws[1])
	look(s, 0, 1)
	if s.Stalled() != 0 {
		t.Fatal("stalled by polling")
	}
}

// TestLookingInHoldsReleasesBack: a worker that looks into the kernel between
// packets will be back, so what is queued is left to it, however old.
func TestLookingInHoldsReleasesBack(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	if !s.Seize(ws[1]) {
		t.Fatal("a running worker can't look into the kernel")
	}
	for range 5 {
		release, promote := look(s, 1, 2)
		expect(t, "released while a worker looks into the kernel", release, nil)
		expect(t, "promoted meanwhile", promote, nil)
	}
	s.StopPoll(ws[1])
	release, _ := look(s, 1, 2)
	expect(t, "released once it doesn't any more", release, ws[0])
}

// TestPacketBehindSilentWorkerWaits is for how long a packet waits that comes just
// after a look, behind a worker that doesn't come back: what the contract says of
// C20.
func TestPacketBehindSilentWorkerWaits(t *testing.T) {
	quiet := func(s *State) { s.quiet = quietMost }
	lately := func(s *State) { s.calm = 0 }
	for name, c := range map[string]struct {
		prepare func(*State)
		most    uint64 // ticks
	}{
		"under load":         {func(*State) {}, 2 * calmPace},
		"after a quiet time": {quiet, calmPace<<quietMost + calmPace},
		"stalls of late":     {lately, 2},
	} {
		s, ws := New(2, 0), waiters(2)
		enter(s, ws...)
		c.prepare(s)
		pace := s.Pace() // the nap that has begun
		expect(t, "released for the first packet", s.Release(1), ws[1])
		s.StopPoll(ws[1])
		ticks := uint64(0)
		for release := 0; release == 0 && ticks <= c.most; pace = s.Pace() {
			ticks += pace
			release, _ = s.Look(pace, 1, 2, false)
		}
		if ticks > c.most || s.Stalled() != 1 {
			t.Errorf("%s: the packet has waited for %d ticks, at most %d were promised", name, ticks, c.most)
		}
	}
}
