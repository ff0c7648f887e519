//go:build linux || darwin || freebsd

package eventset_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver/eventset"
)

// bound is how long a test may wait for something.
const bound = 30 * time.Second

// trial is a set, and two connected sockets.
type trial struct {
	*testing.T
	system eventset.System
	set    eventset.Set
	room   *eventset.Room
	a, b   int
}

// each runs a test on every system.
func each(t *testing.T, test func(*trial)) {
	for name, system := range systems {
		t.Run(name, func(t *testing.T) {
			fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, fd := range fds {
				unix.SetNonblock(fd, true)
				t.Cleanup(func() { unix.Close(fd) })
			}
			tr := &trial{t, system, nil, system.NewRoom(8), fds[0], fds[1]}
			tr.set = tr.newSet()
			test(tr)
		})
	}
}

func (t *trial) newSet() eventset.Set {
	t.Helper()
	set, err := t.system.New()
	t.must(err)
	t.Cleanup(set.Close)
	return set
}

func (t *trial) must(err error) {
	if t.Helper(); err != nil {
		t.Fatal(err)
	}
}

// told is what a set tells of now, all events of a token together.
func (t *trial) told(set eventset.Set) map[uint64]eventset.Ready {
	t.Helper()
	all := map[uint64]eventset.Ready{}
	for {
		n, err := set.Look(t.room, len(t.room.Events))
		t.must(err)
		for _, e := range t.room.Events[:n] {
			all[e.Token] |= e.Ready
		}
		if n == 0 {
			return all
		}
	}
}

// expect expects that a set tells of some bits of one token, among those asked for.
func (t *trial) expect(what string, set eventset.Set, token uint64, want, of eventset.Ready) {
	t.Helper()
	if told := t.told(set); len(told) != 1 || told[token]&of != want {
		t.Errorf("%s: told %#x, want %#x of %d", what, told, want, token)
	}
}

// silent expects that a set has nothing to tell.
func (t *trial) silent(what string, set eventset.Set) {
	t.Helper()
	if told := t.told(set); len(told) != 0 {
		t.Errorf("%s: told %#x", what, told)
	}
}

func (t *trial) write(fd int) {
	t.Helper()
	_, err := unix.Write(fd, []byte("x"))
	t.must(err)
}

const token, both = 7<<32 | 5, eventset.Readable | eventset.Writable

func TestWhatIsNewIsToldOnce(t *testing.T) {
	each(t, func(t *trial) {
		t.silent("nothing in it", t.set)
		t.must(t.set.Add(t.a, token))
		t.expect("added", t.set, token, eventset.Writable, both)
		t.silent("nothing new", t.set)
		for range 2 { // the second before the first is read
			t.write(t.b)
			t.expect("data", t.set, token, eventset.Readable, eventset.Readable|eventset.Ended)
			t.silent("told", t.set)
		}
		t.must(unix.Shutdown(t.b, unix.SHUT_WR))
		t.expect("the end", t.set, token, eventset.Readable|eventset.Ended, eventset.Readable|eventset.Ended)
	})
}

func TestRoomIsToldOf(t *testing.T) {
	each(t, func(t *trial) {
		t.must(t.set.Add(t.a, token))
		t.told(t.set)
		buf := make([]byte, 64<<10)
		for err := error(nil); err == nil; {
			_, err = unix.Write(t.a, buf)
		}
		t.silent("no room", t.set)
		for err := error(nil); err == nil; {
			_, err = unix.Read(t.b, buf)
		}
		t.expect("room", t.set, token, eventset.Writable, both)
	})
}

func TestRemovedIsNotToldOf(t *testing.T) {
	each(t, func(t *trial) {
		t.write(t.b)
		t.must(t.set.Add(t.a, token))
		other := t.newSet()
		t.must(other.Add(t.a, token+1))
		t.set.Remove(t.a)
		t.silent("removed", t.set)
		t.expect("added to another set", other, token+1, both, both)
		t.must(t.set.Add(t.a, token))
		t.expect("added anew", t.set, token, both, both)
		other.Remove(t.a)
		t.must(unix.Close(t.a))
		t.silent("closed", t.set)
		if t.set.Add(t.a, token) == nil {
			t.Error("a closed descriptor was added")
		}
	})
}

// The writing end of a pipe is told of when the reader has gone before it was added,
// and the reading end of what is there and of the end.
func TestPipeWithoutTheOtherEnd(t *testing.T) {
	each(t, func(t *trial) {
		for end, want := range []eventset.Ready{eventset.Readable, eventset.Writable} {
			var fds [2]int
			t.must(unix.Pipe(fds[:]))
			t.write(fds[1])
			t.must(unix.Close(fds[1-end]))
			t.must(t.set.Add(fds[end], token))
			t.expect("one end", t.set, token, want, want)
			t.must(unix.Close(fds[end]))
		}
	})
}

func TestWakeEndsAWait(t *testing.T) {
	each(t, func(t *trial) {
		for range 3 {
			over := make(chan error, 1)
			go func() {
				n, err := 0, error(nil)
				for r := t.system.NewRoom(8); n == 0 && err == nil; {
					n, err = t.set.Wait(r, 8, -1)
				}
				over <- err
			}()
			t.set.Wake()
			select {
			case err := <-over:
				t.must(err)
			case <-time.After(bound):
				t.Fatal("the wait isn't over")
			}
			t.silent("woken", t.set)
		}
		t.set.Wake()
		t.expect("woken before", t.set, eventset.WakeToken, 0, 0)
	})
}

func TestWaitIsAsLongAsAsked(t *testing.T) {
	each(t, func(t *trial) {
		for _, timeout := range []time.Duration{0, 100 * time.Microsecond, 2 * time.Millisecond} {
			began := time.Now()
			n, err := t.set.Wait(t.room, 8, timeout)
			t.must(err)
			if waited := time.Since(began); n != 0 || waited < timeout {
				t.Errorf("%d events after %v, want none in %v", n, waited, timeout)
			}
		}
	})
}

func TestWaitForAnyOfSeveral(t *testing.T) {
	each(t, func(t *trial) {
		sets := []eventset.Set{t.newSet(), t.set, t.newSet()}
		began := time.Now()
		t.must(t.system.WaitAny(sets, t.room, time.Millisecond))
		if time.Since(began) < time.Millisecond {
			t.Error("the wait was over though nothing had anything to tell")
		}
		t.must(t.set.Add(t.a, token))
		t.must(t.system.WaitAny(sets, t.room, -1))
		t.expect("added", t.set, token, eventset.Writable, both)
	})
}

// A set takes as many events as there is room for, and leaves the others.
func TestMoreEventsThanRoom(t *testing.T) {
	each(t, func(t *trial) {
		t.must(t.set.Add(t.a, token))
		t.must(t.set.Add(t.b, token+1))
		seen := map[uint64]bool{}
		for range 2 {
			n, err := t.set.Look(t.room, 1)
			t.must(err)
			if n != 1 {
				t.Fatalf("%d events, want 1", n)
			}
			seen[t.room.Events[0].Token] = true
		}
		if len(seen) != 2 {
			t.Errorf("told of %v", seen)
		}
	})
}
