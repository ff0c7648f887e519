package load

import (
	"io"
	"time"

	"iocp"
)

// echoPart is a worker's share of the scenarios in which messages come back.
type echoPart struct {
	w        *worker
	conns    []*conn
	active   []*conn // of these, those that go on after a first message
	onTheWay int64   // messages admitted and not answered

	next int64 // open loop: the worker's next message, in its own count
}

func newEchoPart(w *worker) part {
	p := &echoPart{w: w}
	cfg := &w.run.cfg
	for id := w.index; id < cfg.Conns; id += cfg.Workers {
		c := &conn{link: link{id: id, w: w}, part: p, idle: id >= cfg.Active}
		switch {
		case c.idle:
			c.times = make([]time.Duration, 1)
		case cfg.Rate == 0:
			c.times = make([]time.Duration, cfg.Depth)
		}
		p.conns = append(p.conns, c)
		if !c.idle {
			p.active = append(p.active, c)
		}
	}
	return p
}

func (p *echoPart) clients() []client { return clientsOf(p.conns) }

func clientsOf[C client](conns []C) []client {
	all := make([]client, len(conns))
	for i, c := range conns {
		all[i] = c
	}
	return all
}

func (p *echoPart) begin(now time.Duration) {
	for _, c := range p.conns {
		err := c.sock.RecvPooled(&c.recv)
		if err == nil {
			c.refill(now)
			err = c.pump()
		}
		if err != nil {
			p.lose(c, err)
		}
	}
}

// over is asked after everything due at now has been admitted.
func (p *echoPart) over(now time.Duration) bool {
	return p.w.alive == 0 || p.onTheWay == 0 && now >= p.w.run.end()
}

func (p *echoPart) take(done *iocp.Completion, now time.Duration) {
	defer done.Buf.Release()
	c := done.Key.(*conn)
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
		if p.w.inWindow(now) {
			p.w.bytes += int64(done.N)
		}
		err = c.received(done.Buf.Bytes(), now)
		if err == nil {
			err = c.sock.RecvPooled(&c.recv)
		}
	}
	if err != nil {
		p.lose(c, err)
	}
}

// lose gives a connection up. That a server closes after the end, when nothing
// is on its way, is its right.
func (p *echoPart) lose(c *conn, err error) {
	p.onTheWay -= c.admitted - c.answered
	if err == io.EOF && c.admitted == c.answered && p.w.run.now() >= p.w.run.end() {
		c.dead = true
		p.w.alive--
		c.sock.Close()
		return
	}
	p.w.lose(&c.link, err)
}

// turn starts the messages whose time has come in the open loop.
func (p *echoPart) turn(now time.Duration) {
	r := p.w.run
	if r.cfg.Rate == 0 || len(p.active) == 0 {
		return
	}
	for {
		c := p.active[p.next%int64(len(p.active))]
		round := p.next / int64(len(p.active))
		due := r.schedule.due(round*int64(r.cfg.Active) + int64(c.id))
		if due > now || due >= r.end() {
			return
		}
		p.next++
		p.w.punctual(due, now)
		if c.dead {
			continue
		}
		c.admit()
		if err := c.pump(); err != nil {
			p.lose(c, err)
		}
	}
}

// giveUp counts the messages that were not answered. They have taken at least
// as long as they have waited.
func (p *echoPart) giveUp(now time.Duration) {
	for _, c := range p.conns {
		for m := c.answered; !c.dead && m < c.admitted; m++ {
			p.w.record(c.started(m), now)
			p.w.failures.NoAnswer++
		}
	}
}
