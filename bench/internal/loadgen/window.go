package loadgen

import (
	"math"
	"os"
	"sync/atomic"
	"time"

	"iocp/bench/internal/figures"
	"iocp/bench/internal/process"
)

// Window is what is measured: the time between the two readings of the CPU
// clocks, however late those were. All times count from its making.
type Window struct {
	begin    time.Time
	from, to atomic.Int64
}

// NewWindow makes a window that isn't open yet.
func NewWindow() *Window {
	w := &Window{begin: time.Now()}
	w.from.Store(math.MaxInt64)
	w.to.Store(math.MaxInt64)
	return w
}

// Now is the time.
func (w *Window) Now() time.Duration { return time.Since(w.begin) }

// Over reports whether the window has been closed.
func (w *Window) Over(now time.Duration) bool { return int64(now) >= w.to.Load() }

// Holds reports whether something counts that happens now.
func (w *Window) Holds(now time.Duration) bool {
	return int64(now) >= w.from.Load() && int64(now) < w.to.Load()
}

// Measure opens the window after the warm-up, closes it when its time is over,
// and fills in what the server and this process have taken meanwhile.
func (w *Window) Measure(r *figures.Run, pid int, warmup, length time.Duration) error {
	time.Sleep(warmup)
	a, err := w.read(pid)
	if err != nil {
		return err
	}
	w.from.Store(int64(a.wall))
	time.Sleep(length)
	b, err := w.read(pid)
	if err != nil {
		return err
	}
	w.to.Store(int64(b.wall))
	r.Seconds = (b.wall - a.wall).Seconds()
	r.ServerCPU = (b.server - a.server).Seconds()
	r.ClientCPU = (b.own - a.own).Seconds()
	r.ServerRSSLoad, err = process.RSS(pid)
	return err
}

type clocks struct{ wall, server, own time.Duration }

func (w *Window) read(pid int) (c clocks, err error) {
	if c.server, err = process.CPU(pid); err != nil {
		return c, err
	}
	if c.own, err = process.CPU(os.Getpid()); err != nil {
		return c, err
	}
	c.wall = w.Now()
	return c, nil
}
