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

func TestCrewGrowsWhileNobodyIsIdle(t *testing.T) {
	s, ws := saturated()
	if s.Poll(ws[3]) {
		t.Fatal("another polls although one is enough")
	}
	promote, retire := s.Review(0)
	expect(t, "promoted", promote, ws[3])
	expect(t, "retired", retire, nil)
	if s.Crew() != 2 || s.Pollers() != 1 {
		t.Fatalf("a crew of %d with %d polling, want 2 and 1", s.Crew(), s.Pollers())
	}
	promote, _ = s.Review(2 * oneTooFew / 3)
	expect(t, "promoted with two thirds of a worker's time left over", promote, nil)
}

func TestCrewGrowsNoFurtherThanItMay(t *testing.T) {
	s, ws := New(4, 0), waiters(4)
	s.Share(2, true)
	enter(s, ws[1:]...)
	s.Run(ws[0])
	for range 10 {
		s.Review(0)
	}
	if s.Crew() != 2 || s.Pollers() != 1 {
		t.Fatalf("a crew of %d with %d polling, want 2 and 1", s.Crew(), s.Pollers())
	}
	alone, ws := New(4, 0), waiters(2)
	enter(alone, ws[1])
	alone.Run(ws[0])
	promote, _ := alone.Review(0)
	expect(t, "promoted where one may poll at a time", promote, nil)
}

func TestCrewShrinksWhenOneLessWouldDo(t *testing.T) {
	s, ws := saturated()
	s.Review(0)
	for i := range spareMax - 1 {
		if _, retire := s.Review(oneTooFew); retire != nil {
			t.Fatalf("one retires after %d reviews", i+1)
		}
	}
	s.Review(oneTooFew - 1) // there is more to do again
	for range spareMax - 1 {
		s.Review(oneTooFew)
	}
	if s.Crew() != 2 {
		t.Fatal("shrunk by reviews that weren't in a row")
	}
	_, retire := s.Review(oneTooFew)
	expect(t, "retired", retire, ws[3])
	s.StopPoll(ws[3])
	if s.Poll(ws[3]) {
		t.Fatal("polls again although one is enough")
	}
	for range 2 * spareMax {
		s.Review(100)
	}
	if s.Crew() != 1 {
		t.Fatalf("a crew of %d", s.Crew())
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
	for range 2 * spareMax {
		if _, retire := s.Review(300); retire != nil {
			t.Fatal("one retires")
		}
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
