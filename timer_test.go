package iocp_test

import (
	"errors"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"iocp"
)

// nextOf waits for one packet and checks that it is op's.
func nextOf(t *testing.T, w *iocp.Worker, op *iocp.Op, class error) iocp.Completion {
	t.Helper()
	var dst [1]iocp.Completion
	_, err := w.Wait(dst[:], bound)
	check(t, err)
	if c := dst[0]; c.Op != op || !errors.Is(c.Err, class) || class == nil && c.Err != nil || op.Pending() {
		t.Fatalf("got %+v, want %p with error %v", c, op, class)
	}
	return dst[0]
}

func TestTimersGoOffInOrderAndNotEarly(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		w := p.Worker()
		defer w.Close()
		start := time.Now()
		ops := make([]iocp.Op, 5)
		for i := range ops { // the last is due first
			check(t, p.After(&ops[i], time.Duration(len(ops)-i)*5*time.Millisecond, i))
		}
		for i := len(ops) - 1; i >= 0; i-- {
			c := nextOf(t, w, &ops[i], nil)
			if due := time.Duration(len(ops)-i) * 5 * time.Millisecond; time.Since(start) < due || c.Key != i || c.N != 0 {
				t.Errorf("timer %d: %+v after %v, due after %v", i, c, time.Since(start), due)
			}
		}
		check(t, p.After(&ops[0], -time.Second, nil))
		nextOf(t, w, &ops[0], nil)
	})
}

// TestEarlierTimerWakesThePoller starts a timer while the only worker sleeps
// until a later one.
func TestEarlierTimerWakesThePoller(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		var late, soon iocp.Op
		check(t, p.After(&late, time.Hour, nil))
		w := p.Worker()
		defer w.Close()
		for range 20 { // a poll may return for no reason, but not each time
			var dst [1]iocp.Completion
			waits := inBackground(func() { w.Wait(dst[:], iocp.Infinite) }) // with a timeout it would look then
			for p.Stats().Waiting == 0 {
				time.Sleep(20 * time.Microsecond)
			}
			check(t, p.After(&soon, time.Millisecond, nil))
			within(t, "a timer that is due before others", p, waits)
			if op := dst[0].Op; op != &soon {
				t.Fatalf("got %p, want the timer that is due", op)
			}
		}
		check(t, p.CancelTimer(&late))
		nextOf(t, w, &late, iocp.ErrAborted)
	})
}

func TestTimersEndOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		w := p.Worker()
		defer w.Close()
		var op iocp.Op
		if err := p.CancelTimer(&op); !errors.Is(err, iocp.ErrNotFound) {
			t.Errorf("cancelling what isn't pending: %v", err)
		}
		check(t, p.After(&op, math.MaxInt64, nil)) // no overflow makes it due
		var dst [1]iocp.Completion
		if _, err := w.Wait(dst[:], 0); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a timer that is never due: error %v", err)
		}
		if err := p.After(&op, 0, nil); !errors.Is(err, iocp.ErrBusy) {
			t.Errorf("starting it twice: %v", err)
		}
		check(t, p.CancelTimer(&op))
		if err := p.CancelTimer(&op); !errors.Is(err, iocp.ErrNotFound) {
			t.Errorf("cancelling it twice: %v", err)
		}
		nextOf(t, w, &op, iocp.ErrAborted)
		check(t, p.After(&op, time.Hour, nil))
		check(t, p.Close())
		nextOf(t, w, &op, net.ErrClosed)
		if err := p.After(&op, 0, nil); !errors.Is(err, iocp.ErrClosed) {
			t.Errorf("starting one on a closed port: %v", err)
		}
	})
}

func TestManyTimers(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		p := newPort(t, iocp.Config{Backend: backend})
		defer p.Close()
		w := p.Worker()
		defer w.Close()
		ops := make([]iocp.Op, 100_000)
		for i := range ops {
			check(t, p.After(&ops[i], time.Duration(i%100)*100*time.Microsecond, nil))
		}
		for i := range ops {
			if i%3 == 0 {
				p.CancelTimer(&ops[i])
			}
		}
		dst := make([]iocp.Completion, 64)
		for got := 0; got < len(ops); {
			n, err := w.Wait(dst, bound)
			check(t, err)
			got += n
		}
		if st := p.Stats(); st.InFlight != 0 || st.Completed != uint64(len(ops)) {
			t.Errorf("after the last: %+v", st)
		}
	})
}
