package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
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
	kind     *scenario
	target   netip.AddrPort
	sources  sources
	pattern  pattern
	meter    *meter
	workers  []*worker
	zero     time.Time
	schedule schedule
	speech   *speech // of Fanout

	from      time.Duration // the window: when it begins and
	ends      atomic.Int64  // when it ends, which an interrupt advances
	abandoned atomic.Bool
	reported  time.Duration // when connections were last told of

	interrupted bool
	own, server time.Duration // CPU time in the window
	rss         int64         // the server's, at its end
}

func newRun(cfg Config, kind *scenario, target netip.AddrPort, m *meter) *run {
	return &run{
		cfg: cfg, kind: kind, target: target, sources: sources(cfg.Sources), meter: m,
		pattern: newPattern(max(chunkMax, bufferSize(cfg))),
		zero:    time.Now(), from: math.MaxInt64,
	}
}

// bufferSize is how much is received at a time: all messages of a connection
// that can be on their way, within reason.
func bufferSize(cfg Config) int {
	return min(max(cfg.Size*max(cfg.Depth, 1), 16<<10), chunkMax)
}

func (r *run) now() time.Duration { return time.Since(r.zero) }
func (r *run) end() time.Duration { return time.Duration(r.ends.Load()) }

// connect makes the workers and their connections, which take turns.
func (r *run) connect(ctx context.Context) error {
	for i := range r.cfg.Workers {
		port, err := iocp.New(iocp.Config{Backend: r.cfg.Backend, Concurrency: 1, BufferSize: bufferSize(r.cfg)})
		if err != nil {
			return err
		}
		w := &worker{run: r, index: i, port: port, waiter: port.Worker(), tally: newTally()}
		r.workers = append(r.workers, w)
		w.keepsTime = r.turnRate() > 0 && w.tryTimeouts()
		w.part = r.kind.start(w)
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	if r.speech != nil {
		return r.speech.gather(ctx, r)
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
	begin := r.now()
	r.from = begin + r.cfg.Warmup
	r.ends.Store(int64(r.from + r.cfg.Duration))
	rate := r.turnRate()
	if rate > 0 {
		r.schedule = newSchedule(rate, begin)
	}
	var working sync.WaitGroup
	failures := make([]error, len(r.workers))
	done := make(chan struct{})
	for i, w := range r.workers {
		working.Go(func() { failures[i] = w.work() })
	}
	go func() { working.Wait(); close(done) }()
	var pacing sync.WaitGroup
	if rate > 0 && slices.ContainsFunc(r.workers, func(w *worker) bool { return !w.keepsTime }) {
		pacing.Go(r.pace)
	}
	r.conduct(ctx, done)
	<-done
	pacing.Wait()
	return errors.Join(errors.Join(failures...), r.losses())
}

// turnRate is how many times a second it is somebody's turn: 0 for never.
func (r *run) turnRate() float64 {
	if r.cfg.Scenario == Slow {
		return slowTicks * float64(len(r.workers))
	}
	return r.cfg.Rate
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
	if r.meter.server != nil {
		r.rss = r.meter.server.RSS()
	}
	r.wakeWorkers()
	r.sleep(nil, done, r.now()+answersMax)
	r.abandoned.Store(true)
	r.wakeWorkers()
}

// sleep waits, and tells how far the run is meanwhile.
func (r *run) sleep(interrupt, done <-chan struct{}, until time.Duration) {
	timer := time.NewTimer(until - r.now())
	defer timer.Stop()
	report := time.NewTicker(progressEvery)
	defer report.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-interrupt:
			return
		case <-done:
			return
		case <-report.C:
			r.progress()
		}
	}
}

// wakeWorkers has them look at the clock.
func (r *run) wakeWorkers() {
	for _, w := range r.workers {
		w.port.Post(nil, 0, nil)
	}
}

// losses is the error of a run that went wrong.
func (r *run) losses() error {
	all := r.total()
	f := &all.failures
	lost := f.total() - f.NoAnswer - f.Lost - f.Misordered
	switch {
	case lost > 1 && r.kind.unit == "connection":
		return fmt.Errorf("%w (and %d more are lost)", all.firstLoss, lost-1)
	case lost > 1:
		return fmt.Errorf("%w (and %d more of the %d connections are lost)", all.firstLoss, lost-1, r.cfg.Conns)
	case lost == 1:
		return all.firstLoss
	case f.Lost > 0 || f.Misordered > 0:
		return fmt.Errorf("%d deliveries are lost, and %d came out of order or repeated", f.Lost, f.Misordered)
	case all.unserved > 0:
		return fmt.Errorf("%d of the connections had no answer %v after the end", all.unserved, answersMax)
	case f.NoAnswer > 0:
		return fmt.Errorf("%d of the messages on their way had no answer %v after the end", f.NoAnswer, answersMax)
	}
	return nil
}

// total adds up what the workers have measured.
func (r *run) total() *tally {
	all := newTally()
	for _, w := range r.workers {
		all.add(&w.tally)
	}
	return &all
}
