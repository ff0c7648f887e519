package winport

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// kernel counts what a waker posts, and takes it or not.
type kernel struct {
	posts int
	full  bool
}

func (k *kernel) post() error {
	if k.full {
		return errors.New("no memory")
	}
	k.posts++
	return nil
}

// inside has so many pollers go in to wait.
func inside(w *waker, n int) []*call {
	var calls []*call
	for range n {
		c := new(call)
		w.enter(c, true)
		calls = append(calls, c)
	}
	return calls
}

// The kernel gives the packet to the one that is meant last of all. It is passed on
// once for each of the others, which don't go in again before that.
func TestWakeIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waker
		var k kernel
		w.init(k.post)
		calls := inside(&w, 5)
		w.wake(calls[0])
		w.wake(calls[0]) // of that it knows
		for i := 4; i > 0; i-- {
			if k.posts != 5-i {
				t.Fatalf("%d packets have been posted when %d are inside", k.posts, i+1)
			}
			if w.leave(calls[i], true) {
				t.Fatal("another has been woken")
			}
			go w.enter(calls[i], true)
			if synctest.Wait(); w.inside != i {
				t.Fatalf("%d are inside while the wake is on its way, want %d", w.inside, i)
			}
		}
		if !w.leave(calls[0], true) || k.posts != 5 {
			t.Fatalf("who was meant came out last, after %d packets", k.posts)
		}
		if synctest.Wait(); w.inside != 4 {
			t.Fatalf("%d have gone in again", w.inside)
		}
	})
}

// Who is woken while it waits to go in does so only to look, and who isn't inside is
// told when it comes.
func TestWakeOfWhoIsOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waker
		var k kernel
		w.init(k.post)
		calls := inside(&w, 2)
		w.wake(calls[0])
		w.leave(calls[1], true)
		may := true
		go func() { may = w.enter(calls[1], true) }()
		synctest.Wait()
		w.wake(calls[1])
		if synctest.Wait(); may || w.inside != 2 {
			t.Error("it is told to wait, or still waits to go in")
		}
		if w.leave(calls[1], false) {
			t.Error("one wake counts twice")
		}
		later := new(call)
		w.wake(later)
		if w.enter(later, true) || w.meant != 1 {
			t.Error("a wake before is forgotten, or counts for who isn't inside")
		}
	})
}

// All that are inside come out, one after the other, by one packet at a time; who
// comes later only looks, once.
func TestWakeAll(t *testing.T) {
	var w waker
	var k kernel
	w.init(k.post)
	out := new(call)
	for i, c := range inside(&w, 3) {
		if w.wakeAll(); k.posts != i+1 {
			t.Fatalf("%d packets for number %d", k.posts, i)
		}
		if !w.leave(c, true) {
			t.Fatal("one of them isn't woken")
		}
	}
	if w.enter(out, true) || w.leave(out, false) || !w.enter(out, true) {
		t.Error("who was outside is told never or twice")
	}
	if w.meant != 0 || w.posted {
		t.Errorf("at the end %d are meant, a packet is on its way: %v", w.meant, w.posted)
	}
}

// A system that is short of memory refuses the packet. Then nobody waits for it to
// arrive, and who leaves next has it posted.
func TestWakeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waker
		k := kernel{full: true}
		w.init(k.post)
		calls := inside(&w, 2)
		w.wake(calls[0])
		w.leave(calls[1], false)
		w.enter(calls[1], true) // returns
		k.full = false
		w.leave(calls[1], false)
		if k.posts != 1 || !w.leave(calls[0], true) {
			t.Errorf("%d packets", k.posts)
		}
		w.close()
		w.enter(calls[0], true)
		if w.wake(calls[0]); k.posts != 1 {
			t.Error("posted to a port that is closed")
		}
	})
}

// Where all stay in the kernel, the packet that was refused is posted again all the
// same, once there is memory.
func TestWakeRefusedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w waker
		k := kernel{full: true}
		w.init(k.post)
		calls := inside(&w, 2)
		w.wake(calls[0])
		time.Sleep(5 * retryAfter)
		w.mu.Lock()
		k.full = false
		w.mu.Unlock()
		time.Sleep(2 * retryAfter)
		if synctest.Wait(); k.posts != 1 {
			t.Fatalf("%d packets", k.posts)
		}
		if !w.leave(calls[0], true) || k.posts != 1 {
			t.Errorf("who was woken isn't, or it took %d packets", k.posts)
		}
	})
}

// A packet that nobody is meant by any more, since who was came out with another, is
// taken for no wake, and the next wake has one of its own.
func TestWakeComesTooLate(t *testing.T) {
	var w waker
	var k kernel
	w.init(k.post)
	calls := inside(&w, 2)
	w.wake(calls[0])
	if !w.leave(calls[0], false) || w.leave(calls[1], true) {
		t.Error("the wrong one is woken")
	}
	w.enter(calls[1], true)
	if w.wake(calls[1]); k.posts != 2 {
		t.Errorf("%d packets", k.posts)
	}
}
