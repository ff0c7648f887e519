package load

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"iocp"
)

// fanPart is a worker's share of Fanout: its members, which listen, and on the
// first worker the speaker.
type fanPart struct {
	w       *worker
	speech  *speech
	members []*member
	speaker *speaker // nil on all but the first worker
	grown   int64    // by how much speech.heard has, untold yet
}

func newFanPart(w *worker) part {
	r := w.run
	p := &fanPart{w: w}
	if w.index == 0 {
		r.speech = newSpeech(r.cfg.Size)
		p.speaker = &speaker{link: link{id: r.cfg.Conns, w: w}, part: p}
	}
	p.speech = r.speech
	for id := w.index; id < r.cfg.Conns; id += r.cfg.Workers {
		p.members = append(p.members, &member{link: link{id: id, w: w}, part: p, next: -1})
	}
	p.speech.members.Add(int64(len(p.members)))
	return p
}

func checkFanout(c *Config) error {
	switch {
	case c.Size != 0 && c.Size < lineMin:
		return fmt.Errorf("--size is %d: lines of --scenario=fanout have at least %d bytes", c.Size, lineMin)
	case c.Depth > aheadLines:
		return fmt.Errorf("--depth is %d: in --scenario=fanout at most %d lines are on their way", c.Depth, aheadLines)
	}
	return nil
}

func (p *fanPart) clients() []client {
	all := clientsOf(p.members)
	if p.speaker != nil {
		all = append(all, p.speaker)
	}
	return all
}

// listen has everybody receive. It comes before begin, to gather the members.
func (p *fanPart) listen() error {
	for _, c := range p.clients() {
		l := c.base()
		if err := l.sock.RecvPooled(&l.recv); err != nil {
			return err
		}
	}
	return nil
}

func (p *fanPart) begin(time.Duration) {}

func (p *fanPart) take(done *iocp.Completion, now time.Duration) {
	defer done.Buf.Release()
	l := done.Key.(client).base()
	if l.dead {
		return
	}
	if err := p.step(done, now); err != nil {
		p.lose(done.Key.(client), err)
	}
}

func (p *fanPart) step(done *iocp.Completion, now time.Duration) error {
	switch c := done.Key.(type) {
	case *speaker:
		if done.Op == &c.send {
			return c.sent(done.Err)
		}
		return receiveOn(done, &c.link, func([]byte) error { return nil })
	case *member:
		return receiveOn(done, &c.link, func(data []byte) error { return c.received(data, now) })
	}
	return nil
}

// receiveOn hands over what came, and receives on.
func receiveOn(done *iocp.Completion, l *link, take func([]byte) error) error {
	if done.Err != nil {
		return done.Err
	}
	if done.N == 0 {
		return io.EOF
	}
	if err := take(done.Buf.Bytes()); err != nil {
		return err
	}
	return l.sock.RecvPooled(&l.recv)
}

// lose gives a connection up. With the speaker's the run is over.
func (p *fanPart) lose(c client, err error) {
	p.w.lose(c.base(), err)
	if m, ok := c.(*member); ok {
		p.speech.members.Add(-1)
		if m.next >= 0 {
			p.speech.joined.Add(-1)
			p.grown -= m.next
		}
		return
	}
	p.speech.final.Store(true)
	p.w.run.wakeWorkers()
}

// turn tells how far the members are and, on the first worker, lets the
// speaker speak.
func (p *fanPart) turn(now time.Duration) {
	p.tell()
	if p.speaker != nil && !p.speaker.dead {
		p.speaker.turn(now)
	}
}

// tell adds to what all members have heard, and wakes a speaker that waits for
// it.
func (p *fanPart) tell() {
	if p.grown == 0 {
		return
	}
	p.speech.heard.Add(p.grown)
	p.grown = 0
	if p.speaker == nil && p.speech.held.Load() {
		p.w.run.workers[0].nudge()
	}
}

// over waits for all members to have heard the last line.
func (p *fanPart) over(time.Duration) bool {
	if !p.speech.final.Load() {
		return false
	}
	said := p.speech.said.Load()
	for _, m := range p.members {
		if !m.dead && m.next < said {
			return false
		}
	}
	return true
}

// giveUp counts what hasn't been heard.
func (p *fanPart) giveUp(time.Duration) {
	said := p.speech.said.Load()
	for _, m := range p.members {
		if !m.dead {
			p.w.failures.Lost += said - m.next
		}
	}
}

// member is a connection that listens.
type member struct {
	link
	part    *fanPart
	next    int64 // the number of the line that it should hear; -1 before the first
	partial []byte
}

// received takes what came apart into lines.
func (m *member) received(data []byte, now time.Duration) error {
	m.got += int64(len(data))
	if m.w.inWindow(now) {
		m.w.bytes += int64(len(data))
	}
	for {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			break
		}
		line := data[:end]
		if len(m.partial) > 0 {
			m.partial = append(m.partial, line...)
			line = m.partial
		}
		if err := m.hear(line, now); err != nil {
			return err
		}
		m.partial = m.partial[:0]
		data = data[end+1:]
	}
	m.partial = append(m.partial, data...)
	if len(m.partial) > sizeMax {
		return m.corruptLine(m.partial)
	}
	return nil
}

func (m *member) corruptLine(line []byte) error {
	return &CorruptError{Conn: m.id, Offset: m.got, Came: bytes.Clone(line[:min(lineExcerpt, len(line))])}
}

// lineExcerpt has the number and the beginning of what follows it.
const lineExcerpt = 64

// hear takes a line, which must be the next one.
func (m *member) hear(line []byte, now time.Duration) error {
	s := m.part.speech
	number, ours := s.parse(line)
	switch {
	case !ours:
		m.w.foreign++
		return nil
	case number < 0:
		return m.corruptLine(line)
	case m.next < 0: // the first
		s.joined.Add(1)
		m.part.grown += number
		m.next = number
	case number < m.next:
		m.w.failures.Misordered++
		return nil
	}
	m.w.failures.Lost += number - m.next
	m.part.grown += number + 1 - m.next
	m.next = number + 1
	m.w.answer(s.due(number), now)
	return nil
}
