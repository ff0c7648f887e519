package load

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"iocp"
)

// chunkMax bounds one Send.
const chunkMax = 256 << 10

// worker is a goroutine with a port and connections of its own, so that
// workers share next to nothing while they run.
type worker struct {
	run    *run
	index  int
	port   *iocp.Port
	waiter *iocp.Worker
	batch  [64]iocp.Completion
	part   part

	alive     int     // connections
	keepsTime bool    // by its port's timeouts; or else it is nudged when something is due
	tick      iocp.Op // for nudge

	seen, failed atomic.Int64 // answered and errors as of the last turn, for others to read

	tally
}

// tally is what a worker has measured. Messages here are whatever the scenario
// counts.
type tally struct {
	latency  *hdrhistogram.Histogram // nanoseconds, of messages due in the window
	connects *hdrhistogram.Histogram // likewise, of making connections
	answered int64                   // messages that came back in the window
	bytes    int64                   // bytes that did

	lateness *hdrhistogram.Histogram // open loop: nanoseconds after which messages due in the window were noticed
	late     int64                   // messages for which that was over lateMax

	failures  Failures
	unserved  int64 // of these without an answer, connections
	slow      SlowResult
	foreign   int64 // lines that are not ours
	firstLoss error
}

const (
	latencyMax = 2 * time.Hour // no message is on its way for longer
	lateMax    = time.Millisecond
)

func newTally() tally {
	return tally{latency: newHistogram(), connects: newHistogram(), lateness: newHistogram()}
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(latencyMax), 3) }

func (t *tally) add(o *tally) {
	t.latency.Merge(o.latency)
	t.connects.Merge(o.connects)
	t.answered += o.answered
	t.bytes += o.bytes
	t.lateness.Merge(o.lateness)
	t.late += o.late
	t.failures.add(&o.failures)
	t.unserved += o.unserved
	t.slow.add(&o.slow)
	t.foreign += o.foreign
	if t.firstLoss == nil {
		t.firstLoss = o.firstLoss
	}
}

// work runs the loop until everything due has been answered, or nobody is left
// who could, or the run is given up. All that one Wait brings counts as having
// come at the same time: what the loop takes for itself is charged to the
// messages that it starts.
func (w *worker) work() error {
	if w.keepsTime {
		exactTimers()
	}
	now := w.run.now()
	w.part.begin(now)
	w.part.turn(now)
	for !w.run.abandoned.Load() && !w.part.over(now) {
		n, err := w.await(now)
		if err != nil {
			return err
		}
		now = w.run.now()
		w.takeAll(n, now)
		w.part.turn(now)
		w.seen.Store(w.answered)
		w.failed.Store(w.failures.total())
	}
	w.part.giveUp(w.run.now())
	return nil
}

// takeAll handles a batch. Packets with another key than a client are posted,
// to have the worker look at the clock.
func (w *worker) takeAll(n int, now time.Duration) {
	for i := range w.batch[:n] {
		if done := &w.batch[i]; done.Key != nil {
			w.part.take(done, now)
		}
	}
}

// inWindow reports whether what happens now is to be counted.
func (w *worker) inWindow(now time.Duration) bool {
	return now >= w.run.from && now < w.run.end()
}

// answer counts a message that came back.
func (w *worker) answer(started, now time.Duration) {
	if w.inWindow(now) {
		w.answered++
	}
	w.record(started, now)
}

func (w *worker) record(started, now time.Duration) {
	if started >= w.run.from {
		w.latency.RecordValue(int64(min(max(now-started, 1), latencyMax)))
	}
}

// punctual notes how far behind the load tool itself is.
func (w *worker) punctual(due, now time.Duration) {
	if due < w.run.from {
		return
	}
	behind := now - due
	w.lateness.RecordValue(int64(max(behind, 1)))
	if behind > lateMax {
		w.late++
	}
}

// lose gives a connection up.
func (w *worker) lose(l *link, err error) {
	l.dead = true
	w.alive--
	w.count(err, fmt.Errorf("connection %d is lost after %d bytes came back: %w", l.id, l.got, plain(err)))
	l.sock.Abort()
}

// count counts a failure by its kind. told is what is said of it if it is the
// first.
func (t *tally) count(err, told error) {
	*t.failures.kind(err)++
	if t.firstLoss == nil {
		t.firstLoss = told
	}
}

// nudge has the worker look at the clock. While the last nudge is queued
// another would be refused, and isn't needed.
func (w *worker) nudge() {
	if !w.tick.Pending() {
		w.port.Post(&w.tick, 0, nil)
	}
}
