package load

import (
	"fmt"
	"io"
	"time"

	"iocp"
)

const (
	slowTicks = 100       // a second: how often what may be read is read
	slowBite  = 256 << 10 // and at most how much at a time
)

// slowPart is a worker's share of Slow: its clients send as much as the server
// takes and read at a rate, so that somebody has to hold what is between: the
// kernels, or the server.
type slowPart struct {
	w       *worker
	readers []*reader
	begun   time.Duration
}

func newSlowPart(w *worker) part {
	p := &slowPart{w: w}
	for id := w.index; id < w.run.cfg.Conns; id += w.run.cfg.Workers {
		p.readers = append(p.readers, &reader{link: link{id: id, w: w}, part: p})
	}
	return p
}

func checkSlow(c *Config) error {
	if c.Depth > 1 {
		return fmt.Errorf("--depth is not for --scenario=slow: it sends as much as is taken, up to --ahead")
	}
	return nil
}

func fillSlow(c *Config) {
	if c.Size == 0 {
		c.Size = slowSizeDefault
	}
	if c.ReadRate == 0 {
		c.ReadRate = readRateDefault
	}
	if c.AheadMax == 0 {
		c.AheadMax = aheadDefault
	}
	c.Depth = 1
}

func (p *slowPart) clients() []client { return clientsOf(p.readers) }

func (p *slowPart) begin(now time.Duration) {
	p.begun = now
	for _, c := range p.readers {
		if err := c.pump(); err != nil {
			p.w.lose(&c.link, err)
		}
	}
}

func (p *slowPart) take(done *iocp.Completion, now time.Duration) {
	c := done.Key.(*reader)
	if done.Op == &c.recv {
		c.reading = false
	}
	if c.dead {
		return
	}
	if err := c.step(done, now); err != nil {
		c.lost(err)
	}
}

// turn reads what the rate allows by now.
func (p *slowPart) turn(now time.Duration) {
	if now >= p.w.run.end() {
		return
	}
	allowed := int64((now - p.begun).Seconds() * p.w.run.cfg.ReadRate)
	for _, c := range p.readers {
		if c.dead || c.reading || c.got >= allowed {
			continue
		}
		if err := c.read(int(min(allowed-c.got, slowBite))); err != nil {
			c.lost(err)
		}
	}
}

func (p *slowPart) over(now time.Duration) bool {
	return p.w.alive == 0 || now >= p.w.run.end()
}

// giveUp looks at how the server has treated each client.
func (p *slowPart) giveUp(time.Duration) {
	for _, c := range p.readers {
		switch {
		case c.dead:
		case c.mayOffer():
			p.w.slow.Held++
		default:
			p.w.slow.Unheld++
		}
		p.w.slow.aheadSum += c.ahead
		p.w.slow.AheadMax = max(p.w.slow.AheadMax, c.ahead)
	}
}

// reader is a client that reads slowly.
type reader struct {
	link
	part    *slowPart
	reading bool
	buf     []byte
	taken   int64 // bytes whose sending is over: the server has them, or a kernel
	ahead   int64 // the most by which that was ahead of what was read
}

func (c *reader) step(done *iocp.Completion, now time.Duration) error {
	if done.Err != nil {
		return done.Err
	}
	if done.Op == &c.send {
		c.sending = false
		c.taken = c.sent
		c.ahead = max(c.ahead, c.taken-c.got)
		return c.pump()
	}
	if done.N == 0 {
		return io.EOF
	}
	if c.w.inWindow(now) {
		c.w.bytes += int64(done.N)
		size := int64(c.w.run.cfg.Size)
		c.w.answered += (c.got+int64(done.N))/size - c.got/size
	}
	if err := c.check(c.buf[:done.N]); err != nil {
		return err
	}
	return c.pump()
}

// pump sends a message more, unless one is on its way or the server has taken
// so much that it has no bound worth looking for.
func (c *reader) pump() error {
	if c.sending || !c.mayOffer() {
		return nil
	}
	return c.transmit(int64(c.w.run.cfg.Size))
}

func (c *reader) mayOffer() bool {
	cfg := &c.w.run.cfg
	return c.sent-c.got+int64(cfg.Size) <= int64(cfg.AheadMax)
}

func (c *reader) read(n int) error {
	if n > len(c.buf) {
		c.buf = make([]byte, n)
	}
	if err := c.sock.Recv(&c.recv, c.buf[:n]); err != nil {
		return err
	}
	c.reading = true
	return nil
}

// lost notes that the server has ended the connection, which is its right
// here. Wrong bytes are not.
func (c *reader) lost(err error) {
	var kinds Failures
	*kinds.kind(err)++
	c.w.slow.Closed += kinds.Closed
	c.w.slow.Reset += kinds.Reset
	if kinds.Closed+kinds.Reset == 0 {
		c.w.lose(&c.link, err)
		return
	}
	c.dead = true
	c.w.alive--
	c.sock.Abort()
}

// SlowResult is what became of clients that read slowly.
type SlowResult struct {
	Held     int64   `json:"held"`         // connections: the server took no more than it could pass on
	Unheld   int64   `json:"unheld"`       // connections: it took all that was offered
	Closed   int64   `json:"closed"`       // connections: it ended them
	Reset    int64   `json:"reset"`        // connections: it ended them with a reset
	AheadMax int64   `json:"ahead_max_b"`  // bytes taken and not yet read, on one connection
	Ahead    float64 `json:"ahead_mean_b"` // likewise, the most on each connection on average

	aheadSum int64
}

func (s *SlowResult) add(o *SlowResult) {
	s.Held += o.Held
	s.Unheld += o.Unheld
	s.Closed += o.Closed
	s.Reset += o.Reset
	s.AheadMax = max(s.AheadMax, o.AheadMax)
	s.aheadSum += o.aheadSum
}
