package sched

import "testing"

// saturated has a state of four slots and four workers, of whom one runs and
// never has time left over.
func saturated() (*State, []*Waiter) {
	s, ws := New(4, 0), waiters(4)
	s.Share(4, true)
	enter(s, ws[1:]...)
	s.Run(ws[0])
	return s, ws
}

// review has so many reviews of 2 ms find the same, up to the first that has
// workers poll; it gives these.
func review(s *State, reviews int, p Period) (polling []*Waiter) {
	p.Time, p.CPU = 2e6, -1
	for range reviews {
		if s.Review(p, func(w *Waiter) { polling = append(polling, w) }); polling != nil {
			break
		}
	}
	return polling
}

// TestMorePollWhileNobodyIsIdle: workers are tried, as many more as there are, and
// none while some of those are missing that may be active already.
func TestMorePollWhileNobodyIsIdle(t *testing.T) {
	s, ws := saturated()
	if s.Poll(ws[3]) {
		t.Fatal("another polls although one is enough")
	}
	review(s, 4, Period{Done: 100})
	if s.Active() != 1 {
		t.Fatal("another is tried at once")
	}
	polling := review(s, 1, Period{Done: 100})
	if len(polling) != 1 || polling[0] != ws[3] || s.Active() != 2 {
		t.Fatalf("%d are to poll and %d active, want the newest and 2", len(polling), s.Active())
	}
	s.Poll(ws[3])
	if polling = review(s, 50, Period{Done: 200}); len(polling) != 2 || s.Active() != 4 {
		t.Fatalf("twice as much is done, so twice as many are to be tried: %d are to poll, %d active", len(polling), s.Active())
	}
	if review(s, 50, Period{Done: 400}); s.Active() != 4 {
		t.Fatalf("%d active, want 4 that never get complete", s.Active())
	}
}

func TestNoMorePollThanMay(t *testing.T) {
	s, ws := New(4, 0), waiters(4)
	s.Share(2, true)
	enter(s, ws[1:]...)
	s.Run(ws[0])
	s.Poll(review(s, 10, Period{})[0])
	for done := range 500 {
		if review(s, 1, Period{Done: done * done}); s.Active() > 2 {
			t.Fatalf("%d active, want at most 2", s.Active())
		}
	}
	alone, ws := New(4, 0), waiters(2)
	enter(alone, ws[1])
	alone.Run(ws[0])
	if polling := review(alone, 50, Period{}); polling != nil {
		t.Fatal("another is to poll where one may at a time")
	}
}

// TestNobodyIsTriedWhoIsNotThere: more are tried only if somebody is parked.
func TestNobodyIsTriedWhoIsNotThere(t *testing.T) {
	s, ws := New(4, 0), waiters(1)
	s.Share(4, true)
	s.Run(ws[0])
	if review(s, 50, Period{Done: 100}); s.Active() != 1 {
		t.Fatalf("%d active, of one", s.Active())
	}
}

// TestTooManyPark: who is active no longer parks once it wants to poll again.
func TestTooManyPark(t *testing.T) {
	s, _ := saturated()
	w := review(s, 10, Period{Done: 100})[0]
	s.Poll(w)
	for reviews := 0; s.Active() != 1 && reviews < 100; reviews++ {
		review(s, 1, Period{Done: 100 / s.Active()})
	}
	if s.Active() != 1 {
		t.Fatalf("%d active although two get less done than one", s.Active())
	}
	s.StopPoll(w)
	if s.Poll(w) {
		t.Fatal("polls although one less is active")
	}
}

func TestAllStayActiveUnrestrained(t *testing.T) {
	s, ws := New(3, 0), waiters(3)
	s.Share(3, false)
	enter(s, ws...)
	for _, w := range ws {
		if !s.Poll(w) {
			t.Fatal("one doesn't poll")
		}
	}
	for range 1000 {
		review(s, 1, Period{Idle: 300})
		review(s, 1, Period{Done: 1})
	}
	if s.Active() != 3 {
		t.Fatalf("%d are left active", s.Active())
	}
}

// TestOthersPollAndKeep: a poller keeps what it found although another has begun
// to wait since, if that one polls; but not before one that is parked (C14).
func TestOthersPollAndKeep(t *testing.T) {
	s, ws := New(3, 0), waiters(3)
	s.Share(2, false)
	enter(s, ws...)
	s.Poll(ws[0])
	s.Poll(ws[2])
	if s.Keeps(ws[0]) {
		t.Fatal("it gets ahead of a newer one that is parked")
	}
	s.Withdraw(ws[1])
	if !s.Keeps(ws[0]) || !s.Keeps(ws[2]) {
		t.Fatal("one that polls may not keep what it has found")
	}
}

// TestTurnsAreNoSilence: a worker that goes on by itself isn't silent.
func TestTurnsAreNoSilence(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	for range 5 {
		ws[1].Turn()
		look(s, 0, 1)
	}
	if s.Stalled() != 0 || ws[1].Halted() {
		t.Fatal("stalled with every packet")
	}
	look(s, 0, 1)
	look(s, 0, 1)
	if s.Stalled() != 1 || !ws[1].Halted() {
		t.Fatal("silent, and may go on without asking")
	}
	if s.Again(ws[1]) {
		t.Fatal("goes on although others have taken over")
	}
	s.Arrive(ws[1])
	if ws[1].Halted() {
		t.Fatal("halted after it has come back")
	}
}

// TestTooManyAsk: who is one too many since another came back from blocking must
// ask before it goes on (C21).
func TestTooManyAsk(t *testing.T) {
	s, ws := New(1, 0), waiters(2)
	enter(s, ws...)
	s.Release(1)
	s.Block(ws[1])
	expect(t, "released meanwhile", s.Release(1), ws[0])
	s.Unblock(ws[1])
	if !ws[0].Halted() || !ws[1].Halted() {
		t.Fatal("two run where one may, and neither need ask")
	}
	if s.Again(ws[0]) {
		t.Fatal("goes on as one too many")
	}
	s.Arrive(ws[0])
	if !s.Again(ws[1]) || ws[1].Halted() {
		t.Fatal("the one that is left may not go on")
	}
}

func TestReleaseInVainIsUndone(t *testing.T) {
	s, ws := New(2, 0), waiters(2)
	enter(s, ws...)
	w := s.Release(1)
	s.Undo(w)
	if s.Running() != 0 || s.Waiting() != 2 {
		t.Fatalf("%d run and %d wait, want none and 2", s.Running(), s.Waiting())
	}
	expect(t, "next release", s.Release(1), ws[1])
}

// TestPollersAreNoReasonNotToLook: who polls doesn't hear of what another finds
// who is stuck, nor of what lies before that one.
func TestPollersAreNoReasonNotToLook(t *testing.T) {
	for active := 1; active <= 3; active++ {
		s, ws := New(3, 0), waiters(4)
		s.Share(active, false)
		enter(s, ws[1:]...)
		s.Run(ws[0])
		for _, w := range ws[1:active] {
			if !s.Poll(w) {
				t.Fatal("one of the active may not poll")
			}
		}
		if !s.NeedLook(0) {
			t.Errorf("%d active, of which one runs: nobody looks whether it is stuck", active)
		}
		s.Arrive(ws[0])
		if s.NeedLook(0) {
			t.Errorf("%d active, of which none runs: somebody looks", active)
		}
	}
}
