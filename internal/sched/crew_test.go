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

// review has so many reviews find the same idle time, and gives the first
// worker that one of them promotes, and after how many.
func review(s *State, reviews, idle int) (*Waiter, int) {
	for i := range reviews {
		if w := s.Review(idle); w != nil {
			return w, i + 1
		}
	}
	return nil, reviews
}

func TestCrewGrowsWhileNobodyIsIdle(t *testing.T) {
	s, ws := saturated()
	if s.Poll(ws[3]) {
		t.Fatal("another polls although one is enough")
	}
	review(s, fullMin-1, 0)
	s.Review(NoneIdle + 1)
	promoted, after := review(s, 2*fullMin, NoneIdle)
	expect(t, "promoted", promoted, ws[3])
	if after != fullMin {
		t.Fatalf("grown after %d reviews in a row without idle time, want %d", after, fullMin)
	}
	if s.Crew() != 2 || s.Pollers() != 1 {
		t.Fatalf("a crew of %d with %d polling, want 2 and 1", s.Crew(), s.Pollers())
	}
	promoted, after = review(s, 2*fullMin, 0)
	expect(t, "promoted next", promoted, ws[2])
	if after != fullMin {
		t.Fatalf("grown again after %d reviews, want %d", after, fullMin)
	}
}

func TestCrewGrowsNoFurtherThanItMay(t *testing.T) {
	s, ws := New(4, 0), waiters(4)
	s.Share(2, true)
	enter(s, ws[1:]...)
	s.Run(ws[0])
	for range 10 * fullMin {
		s.Review(0)
	}
	if s.Crew() != 2 || s.Pollers() != 1 {
		t.Fatalf("a crew of %d with %d polling, want 2 and 1", s.Crew(), s.Pollers())
	}
	alone, ws := New(4, 0), waiters(2)
	enter(alone, ws[1])
	alone.Run(ws[0])
	promoted, _ := review(alone, 10*fullMin, 0)
	expect(t, "promoted where one may poll at a time", promoted, nil)
}

// TestOneLessIsTried: a crew with some time left over tries to do with one less,
// and does so more rarely when that was no good.
func TestOneLessIsTried(t *testing.T) {
	s, ws := saturated()
	w, _ := review(s, fullMin, 0)
	expect(t, "promoted", w, ws[3])
	for want := trialMin; want < trialMax; want *= 2 {
		review(s, 5*trialMax, someIdle-1)
		if s.Crew() != 2 {
			t.Fatal("one less is tried although there is hardly any idle time")
		}
		s.resize(2)
		review(s, want-1, someIdle)
		if s.Crew() != 2 {
			t.Fatalf("one less is tried before %d reviews", want)
		}
		s.Review(someIdle)
		if s.Crew() != 1 {
			t.Fatalf("one less isn't tried after %d reviews", want)
		}
		s.StopPoll(ws[3])
		if s.Poll(ws[3]) {
			t.Fatal("polls although one less is tried")
		}
		w, _ := review(s, fullMin, 0)
		expect(t, "promoted after the trial", w, ws[3])
	}
	for range 2 {
		review(s, trialMax, 2*someIdle)
	}
	if s.Crew() != 1 || s.trial != trialMin {
		t.Fatalf("one was enough for long: a crew of %d, the next trial after %d reviews", s.Crew(), s.trial)
	}
}

func TestCrewOfAllStays(t *testing.T) {
	s, ws := New(3, 0), waiters(3)
	s.Share(3, false)
	enter(s, ws...)
	for _, w := range ws {
		if !s.Poll(w) {
			t.Fatal("one doesn't poll")
		}
	}
	if review(s, 2*trialMax, 300); s.Crew() != 3 {
		t.Fatalf("a crew of %d is left", s.Crew())
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
	for crew := 1; crew <= 3; crew++ {
		s, ws := New(3, 0), waiters(4)
		s.Share(crew, false)
		enter(s, ws[1:]...)
		s.Run(ws[0])
		for _, w := range ws[1:crew] {
			if !s.Poll(w) {
				t.Fatal("one of the crew may not poll")
			}
		}
		if !s.NeedLook(0) {
			t.Errorf("a crew of %d, of whom one runs: nobody looks whether it is stuck", crew)
		}
		s.Arrive(ws[0])
		if s.NeedLook(0) {
			t.Errorf("a crew of %d, of whom none runs: somebody looks", crew)
		}
	}
}
