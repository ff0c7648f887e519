package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
)

// answersMax is how long after the end answers are waited for.
const answersMax = 2 * time.Second

// run is what the workers share. Times count from its making.
type run struct {
	cfg      Config
	pattern  pattern
	meter    *meter
	workers  []*worker
	zero     time.Time
	schedule schedule

	from      time.Duration // the window: when it begins and
	ends      atomic.Int64  // when it ends, which an interrupt advances
	abandoned atomic.Bool

	interrupted bool
	own, server time.Duration // CPU time in the window
}

func newRun(cfg Config, m *meter) *run {
	return &run{cfg: cfg, meter: m, pattern: newPattern(max(chunkMax, bufferSize(cfg)))}
}

// bufferSize is how much is received at a time: all messages of a connection
// that can be on their way, within reason.
func bufferSize(cfg Config) int {
	return min(max(cfg.Size*max(cfg.Depth, 1), 16<<10), chunkMax)
}

func (r *run) now() time.Duration { return time.Since(r.zero) }
func (r *run) end() time.Duration { return time.Duration(r.ends.Load()) }

// connect makes the workers and their connections, which take turns.
func (r *run) connect(ctx context.Context, target netip.AddrPort) error {
	for i := range r.cfg.Workers {
		port, err := iocp.New(iocp.Config{Backend: r.cfg.Backend, Concurrency: 1, BufferSize: bufferSize(r.cfg)})
		if err != nil {
			return err
		}
		w := &worker{run: r, index: i, port: port, waiter: port.Worker(), tally: newTally()}
		r.workers = append(r.workers, w)
		for id := i; id < r.cfg.Conns; id += r.cfg.Workers {
			c := &conn{id: id, w: w}
			if r.cfg.Rate == 0 {
				c.times = make([]time.Duration, r.cfg.Depth)
			}
			w.conns = append(w.conns, c)
		}
		if err := w.connect(ctx, target); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) close() {
	for _, w := range r.workers {
		w.waiter.Close()
		w.port.Close()
	}
}

// measure lets the workers run, and gives their first error.
func (r *run) measure(ctx context.Context) error {
	r.zero = time.Now()
	r.from = r.cfg.Warmup
	r.ends.Store(int64(r.from + r.cfg.Duration))
	if r.cfg.Rate > 0 {
		r.schedule = newSchedule(r.cfg.Rate, 0)
	}
	var working sync.WaitGroup
	failures := make([]error, len(r.workers))
	done := make(chan struct{})
	for i, w := range r.workers {
		working.Go(func() { failures[i] = w.work() })
	}
	go func() { working.Wait(); close(done) }()
	var pacing sync.WaitGroup
	if r.cfg.Rate > 0 {
		pacing.Go(r.pace)
	}
	r.conduct(ctx, done)
	<-done
	pacing.Wait()
	return errors.Join(errors.Join(failures...), r.losses())
}

// conduct keeps the time: it reads the meter at both ends of the window, and
// sees to it that the workers come to an end.
func (r *run) conduct(ctx context.Context, done <-chan struct{}) {
	r.sleep(ctx.Done(), done, r.from)
	own, server := r.meter.read()
	r.sleep(ctx.Done(), done, r.end())
	if now := r.now(); now < r.end() {
		r.interrupted = ctx.Err() != nil
		r.ends.Store(int64(now))
	}
	ownNow, serverNow := r.meter.read()
	r.own, r.server = ownNow-own, serverNow-server
	r.wakeWorkers()
	r.sleep(nil, done, r.now()+answersMax)
	r.abandoned.Store(true)
	r.wakeWorkers()
}

func (r *run) sleep(interrupt, done <-chan struct{}, until time.Duration) {
	timer := time.NewTimer(until - r.now())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-interrupt:
	case <-done:
	}
}

// wakeWorkers has them look at the clock.
func (r *run) wakeWorkers() {
	for _, w := range r.workers {
		w.port.Post(nil, 0, nil)
	}
}

// losses is the error of a run that went wrong: the first of each worker's,
// of which the first is told.
func (r *run) losses() error {
	var lost, noAnswer int64
	var first error
	for _, w := range r.workers {
		lost += w.errors - w.noAnswer
		noAnswer += w.noAnswer
		if first == nil {
			first = w.firstLoss
		}
	}
	switch {
	case lost > 1:
		return fmt.Errorf("%w (and %d more of the %d connections are lost)", first, lost-1, r.cfg.Conns)
	case lost == 1:
		return first
	case noAnswer > 0:
		return fmt.Errorf("%d of the messages on their way had no answer %v after the end", noAnswer, answersMax)
	}
	return nil
}
