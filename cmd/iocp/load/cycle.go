package load

import (
	"time"

	"iocp"
)

// failurePause is how long a client waits after a failure, so that a server
// that is gone isn't asked a hundred thousand times a second.
const failurePause = 10 * time.Millisecond

// cyclePart is a worker's share of Storm and Half: each of its clients makes a
// connection, sends its messages, receives them, ends the connection, and
// begins again.
type cyclePart struct {
	w     *worker
	half  bool // end the send side first, and expect the end of the stream
	all   []*cycle
	idle  []*cycle // of these, ready to begin
	busy  int      // of these, making or using a connection
	bytes int64    // that a connection sends

	next int64 // open loop: the worker's next connection, in the run's count
}

func newCyclePart(w *worker) part {
	cfg := &w.run.cfg
	p := &cyclePart{w: w, half: cfg.Scenario == Half, bytes: int64(cfg.Size) * int64(max(cfg.Depth, 1)), next: int64(w.index)}
	for id := w.index; id < cfg.Conns; id += cfg.Workers {
		c := &cycle{link: link{id: id, w: w}, part: p}
		p.all = append(p.all, c)
		p.idle = append(p.idle, c)
	}
	return p
}

func (p *cyclePart) clients() []client { return nil }

func (p *cyclePart) begin(time.Duration) {}

// turn begins connections: as many as may be in the closed loop, and those
// that are due in the open one. Those that are due while no client is idle
// wait for one, and their latency counts meanwhile.
func (p *cyclePart) turn(now time.Duration) {
	for len(p.idle) > 0 {
		started, ok := p.due(now)
		if !ok || started > now {
			return
		}
		if p.w.run.cfg.Rate > 0 {
			p.next += int64(len(p.w.run.workers))
			p.w.punctual(started, now)
		}
		last := len(p.idle) - 1
		c := p.idle[last]
		p.idle = p.idle[:last]
		p.busy++
		c.begin(started, now)
	}
}

// due is when the next connection is, if there is one before the end.
func (p *cyclePart) due(now time.Duration) (at time.Duration, ok bool) {
	r := p.w.run
	at = now
	if r.cfg.Rate > 0 {
		at = r.schedule.due(p.next)
	}
	return at, at < r.end()
}

func (p *cyclePart) over(now time.Duration) bool {
	_, more := p.due(now)
	return p.busy == 0 && !more
}

func (p *cyclePart) take(done *iocp.Completion, now time.Duration) {
	defer done.Buf.Release()
	c := done.Key.(*cycle)
	c.pending--
	if !c.dead {
		if err := c.step(done, now); err != nil {
			c.fail(err)
		}
	}
	if c.dead && c.pending == 0 {
		p.settled(c, now)
	}
}

// settled has a client ready for its next connection, now that nothing of the
// last one is in the kernel's hands any more.
func (p *cyclePart) settled(c *cycle, now time.Duration) {
	if c.failed && now < p.w.run.end() {
		c.failed = false
		if p.w.port.After(&c.send, failurePause, c) == nil {
			c.pending++
			return
		}
	}
	p.busy--
	p.idle = append(p.idle, c)
}

// giveUp counts the connections that are still not over, and those that are
// due and not begun.
func (p *cyclePart) giveUp(now time.Duration) {
	for _, c := range p.all {
		if !c.dead && c.sock != nil {
			p.unserved(c.started, now)
		}
	}
	for p.w.run.cfg.Rate > 0 {
		at, ok := p.due(now)
		if !ok || at > now {
			return
		}
		p.next += int64(len(p.w.run.workers))
		p.unserved(at, now)
	}
}

func (p *cyclePart) unserved(started, now time.Duration) {
	p.w.record(started, now)
	p.w.failures.NoAnswer++
	p.w.tally.unserved++
}
