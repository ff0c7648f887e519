package load

import (
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"iocp"
)

// chunkMax bounds one Send.
const chunkMax = 256 << 10

// worker is a goroutine with a port and connections of its own, so that
// workers share nothing while they run.
type worker struct {
	run    *run
	index  int
	port   *iocp.Port
	waiter *iocp.Worker
	batch  [64]iocp.Completion
	conns  []*conn

	alive    int   // connections
	onTheWay int64 // messages admitted and not answered, on those

	next int64   // open loop: the worker's next message, in its own count
	tick iocp.Op // open loop: the pacer's

	tally
}

// tally is what a worker has measured.
type tally struct {
	latency  *hdrhistogram.Histogram // nanoseconds, of messages due in the window
	answered int64                   // messages that came back in the window
	bytes    int64                   // bytes that did

	due       int64         // open loop: messages due in the window
	late      int64         // of these, noticed over lateMax after their time
	latest    time.Duration // the worst of these
	noAnswer  int64         // messages not answered when the run was over
	errors    int64         // connections lost and messages without an answer
	firstLoss error
}

const (
	latencyMax = 2 * time.Hour // no message is on its way for longer
	lateMax    = time.Millisecond
)

func newTally() tally {
	return tally{latency: hdrhistogram.New(1, int64(latencyMax), 3)}
}

// work runs the loop until every message due has been answered, or nobody is
// left who could, or the run is given up. All that one Wait brings counts as
// having come at the same time: what the loop takes for itself is charged to
// the messages that it starts.
func (w *worker) work() error {
	for now := w.begin(); !w.over(now); {
		n, err := w.waiter.Wait(w.batch[:], iocp.Infinite)
		if err != nil {
			return err
		}
		now = w.run.now()
		for i := range w.batch[:n] {
			w.take(&w.batch[i], now)
		}
		w.admitDue(now)
	}
	w.giveUp()
	return nil
}

func (w *worker) begin() (now time.Duration) {
	now = w.run.now()
	for _, c := range w.conns {
		err := c.sock.RecvPooled(&c.recv)
		if err == nil {
			c.refill(now)
			err = c.pump()
		}
		if err != nil {
			w.lose(c, err)
		}
	}
	w.admitDue(now)
	return now
}

// over is asked after everything due at now has been admitted.
func (w *worker) over(now time.Duration) bool {
	return w.alive == 0 || w.run.abandoned.Load() || w.onTheWay == 0 && now >= w.run.end()
}

func (w *worker) take(done *iocp.Completion, now time.Duration) {
	c, ok := done.Key.(*conn)
	if !ok {
		return // posted, to look at the clock
	}
	defer done.Buf.Release()
	if c.dead {
		return
	}
	err := done.Err
	switch {
	case err != nil:
	case done.Op == &c.send:
		c.sending = false
		err = c.pump()
	default:
		if now >= w.run.from && now < w.run.end() {
			w.bytes += int64(done.N)
		}
		err = c.received(done.Buf.Bytes(), now)
		if err == nil {
			err = c.sock.RecvPooled(&c.recv)
		}
	}
	if err != nil {
		w.lose(c, err)
	}
}

// answer counts a message that came back.
func (w *worker) answer(started, now time.Duration) {
	w.onTheWay--
	if now >= w.run.from && now < w.run.end() {
		w.answered++
	}
	w.record(started, now)
}

func (w *worker) record(started, now time.Duration) {
	if started >= w.run.from {
		w.latency.RecordValue(int64(min(max(now-started, 1), latencyMax)))
	}
}

// lose gives a connection up. That a server closes after the end, when nothing
// is on its way, is its right.
func (w *worker) lose(c *conn, err error) {
	c.dead = true
	w.alive--
	w.onTheWay -= c.admitted - c.answered
	if err == io.EOF && c.admitted == c.answered && w.run.now() >= w.run.end() {
		c.sock.Close()
		return
	}
	w.errors++
	if w.firstLoss == nil {
		w.firstLoss = c.lost(err)
	}
	c.sock.Abort()
}

// admitDue starts the messages whose time has come in the open loop.
func (w *worker) admitDue(now time.Duration) {
	if w.run.cfg.Rate == 0 {
		return
	}
	for {
		c := w.conns[w.next%int64(len(w.conns))]
		round := w.next / int64(len(w.conns))
		due := w.run.schedule.due(round*int64(w.run.cfg.Conns) + int64(c.id))
		if due > now || due >= w.run.end() {
			return
		}
		w.next++
		w.punctual(due, now)
		if c.dead {
			continue
		}
		c.admit()
		if err := c.pump(); err != nil {
			w.lose(c, err)
		}
	}
}

// punctual notes how far behind the load tool itself is.
func (w *worker) punctual(due, now time.Duration) {
	if due < w.run.from {
		return
	}
	w.due++
	if behind := now - due; behind > lateMax {
		w.late++
		w.latest = max(w.latest, behind)
	}
}

// giveUp counts the messages that were not answered. They have taken at least
// as long as they have waited.
func (w *worker) giveUp() {
	now := w.run.now()
	for _, c := range w.conns {
		for m := c.answered; !c.dead && m < c.admitted; m++ {
			w.record(c.started(m), now)
			w.noAnswer++
			w.errors++
		}
	}
}
