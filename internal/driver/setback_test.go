package driver_test

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"iocp/internal/driver"
)

// patient is a standing accept that keeps failing until it is told otherwise. The
// test holds its lock but for the time that it lets pass.
type patient struct {
	mu sync.Mutex
	driver.Setback
	counts driver.Accepts
	tries  []time.Duration // from one to the next
	last   time.Time
	told   int
}

func newPatient() *patient {
	p := &patient{last: time.Now()}
	p.Setback = driver.Setback{Counts: &p.counts, Again: p.again}
	p.mu.Lock()
	return p
}

func (p *patient) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tries) == 1000 {
		p.Over() // no time passes from one to the next
		return
	}
	p.fail()
}

func (p *patient) fail() {
	p.tries = append(p.tries, time.Since(p.last))
	p.last = time.Now()
	if p.Failed(true) {
		p.told++
	}
}

// pass lets time pass, and what falls due within it be done.
func (p *patient) pass(d time.Duration) {
	p.mu.Unlock()
	time.Sleep(d)
	synctest.Wait()
	p.mu.Lock()
}

// Trying again comes later each time, up to a second, and goes on.
func TestSetbackDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		p.fail()
		p.pass(20 * time.Second)
		want := 5 * time.Millisecond
		for i, d := range p.tries[1:] {
			if d != want {
				t.Fatalf("try %d after %v, want %v; of %v", i+1, d, want, p.tries)
			}
			want = min(2*want, time.Second)
		}
		if n := len(p.tries); n < 20 || uint64(n) != p.counts.Failed.Load() {
			t.Errorf("%d tries in 20 s, %d counted", n, p.counts.Failed.Load())
		}
		if p.told != 1 || p.counts.Held.Load() != 1 || !p.On() {
			t.Errorf("told %d times, %d are held", p.told, p.counts.Held.Load())
		}
		p.Over()
	})
}

// After a success the delays begin anew, but it is the same episode.
func TestSetbackEases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		p.fail()
		p.pass(5 * time.Second)
		n := len(p.tries)
		p.Eased()
		p.pass(2 * time.Second)
		if after := p.tries[n+1:]; after[0] != 5*time.Millisecond || after[1] != 10*time.Millisecond || p.told != 1 {
			t.Errorf("after a success the delays are %v; told %d times", after, p.told)
		}
		p.Over()
	})
}

// Who waits for a descriptor tries at once when there is one, and no more when the
// episode is over. The next episode is told again.
func TestSetbackEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		driver.Freed() // concerns nobody
		p.fail()
		p.pass(10 * time.Second)
		n := len(p.tries)
		driver.Freed()
		p.pass(0)
		if len(p.tries) != n+1 {
			t.Errorf("a descriptor was given back, and %d tries followed", len(p.tries)-n)
		}
		if !p.Over() || p.Over() || p.On() || p.counts.Held.Load() != 0 {
			t.Errorf("the episode isn't over: %d are held", p.counts.Held.Load())
		}
		n = len(p.tries)
		driver.Freed()
		p.pass(10 * time.Second)
		if len(p.tries) != n {
			t.Errorf("%d tries after the episode", len(p.tries)-n)
		}
		p.fail()
		if p.told != 2 {
			t.Errorf("two episodes were told %d times", p.told)
		}
		p.Over()
	})
}

// A failure by which nobody is kept out isn't worth telling, until somebody is.
func TestSetbackTellsOfWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := driver.Setback{Again: func() {}}
		for i, missed := range []bool{false, false, true, true, false} {
			if told := s.Failed(missed); told != (i == 2) {
				t.Errorf("failure %d: told is %v", i, told)
			}
		}
		s.Over()
	})
}

func TestPasses(t *testing.T) {
	for _, c := range []struct {
		class  error
		passes bool
	}{
		{driver.ErrLimit, true},
		{driver.ErrAccess, true}, // a firewall's rule, accept(2)
		{driver.ErrConnAborted, true},
		{driver.ErrUnclassified, true},
		{driver.ErrInvalid, false},
		{driver.ErrNotSupported, false},
		{net.ErrClosed, false},
	} {
		err := &driver.SysError{Call: "accept", Class: c.class, Errno: syscall.Errno(1)}
		if driver.Passes(err) != c.passes || !errors.Is(err, c.class) {
			t.Errorf("%v: passes is %v", c.class, !c.passes)
		}
	}
}
