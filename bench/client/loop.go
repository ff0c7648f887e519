//go:build linux

package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"iocp/bench/internal/loadgen"
)

// loop is a thread with an epoll and connections of its own.
type loop struct {
	cfg    config
	index  int
	of     int // loops
	epoll  int
	ticker loadgen.Ticker
	conns  []*conn
	buf    []byte
	events [256]unix.EpollEvent

	turn    int               // messages that came due, in this loop's own count
	latency loadgen.Histogram // of what came back in the window
	*loadgen.Window
}

// tickerID stands for the ticker among the connections' numbers.
const tickerID = -1

func newLoop(cfg config, index, of int) (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	size := min(max(cfg.size*cfg.depth, 64<<10), chunkMax)
	return &loop{cfg: cfg, index: index, of: of, epoll: fd, buf: make([]byte, size)}, nil
}

func (l *loop) adopt(c *conn) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(l.conns))}
	l.conns = append(l.conns, c)
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, c.fd, &ev)
}

// run works until the window is over. Any trouble with a connection is the end
// of it: figures of a server that loses data are worth nothing.
func (l *loop) run() error {
	if err := l.start(); err != nil {
		return err
	}
	for !l.Over(l.Now()) {
		n, err := unix.EpollWait(l.epoll, l.events[:], 0) // which is over before the scheduler minds
		if n == 0 && err == nil {
			n, err = unix.EpollWait(l.epoll, l.events[:], 100)
		}
		if err != nil && err != unix.EINTR {
			return err
		}
		for i := range max(n, 0) {
			if err := l.handle(l.events[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// start sends the first messages, or starts the ticker that will have them sent.
func (l *loop) start() error {
	if l.cfg.rate > 0 {
		var err error
		l.ticker, err = loadgen.NewTicker(l.epoll, tickerID, l.due(1)-l.due(0))
		return err
	}
	for i := range l.conns {
		for range l.cfg.depth {
			l.admit(l.conns[i], l.Now())
		}
		if err := l.pump(i); err != nil {
			return err
		}
	}
	return nil
}

// due is when the loop's n-th message is due. The loops take turns.
func (l *loop) due(n int) time.Duration {
	return time.Duration(float64(n*l.of+l.index) / l.cfg.rate * float64(time.Second))
}

func (l *loop) handle(ev unix.EpollEvent) error {
	if ev.Fd == tickerID {
		return l.sendDue()
	}
	i := int(ev.Fd)
	err := l.exchange(i, ev.Events)
	if err != nil {
		return fmt.Errorf("connection %d: %w", l.conns[i].id, err)
	}
	return nil
}

func (l *loop) sendDue() error {
	if err := l.ticker.Tick(); err != nil {
		return err
	}
	until := l.Now() // and not what comes due meanwhile: there is receiving to do
	for due := l.due(l.turn); due <= until; due = l.due(l.turn) {
		i := l.turn % len(l.conns)
		l.turn++
		l.admit(l.conns[i], due)
		if err := l.pump(i); err != nil {
			return err
		}
	}
	return nil
}

// exchange receives, and sends what that allows.
func (l *loop) exchange(i int, events uint32) error {
	c := l.conns[i]
	if events&^unix.EPOLLOUT != 0 {
		if err := c.check(l.buf); err != nil && err != loadgen.ErrNothing {
			return err
		}
		l.answered(c)
	}
	return l.pump(i)
}

func (l *loop) answered(c *conn) {
	if c.received < c.next {
		return
	}
	now := l.Now()
	for c.received >= c.next {
		c.next += uint64(l.cfg.size)
		start := c.starts.pop()
		if l.Holds(now) {
			l.latency.Record(int64(now-start), 1)
		}
		if l.cfg.rate == 0 {
			l.admit(c, now)
		}
	}
}

// admit adds a message to what a connection has to send.
func (l *loop) admit(c *conn, start time.Duration) {
	c.want += uint64(l.cfg.size)
	c.starts.push(start)
}

// pump sends what there is to be sent, as far as there is room.
func (l *loop) pump(i int) error {
	c := l.conns[i]
	full := false
	for c.sent < c.want && !full {
		data := piece(c.id, c.sent, c.want-c.sent)
		n, err := unix.Write(c.fd, data)
		if err != nil && err != unix.EAGAIN {
			return err
		}
		c.sent += uint64(max(n, 0))
		full = n < len(data)
	}
	if full == c.blocked {
		return nil
	}
	c.blocked = full
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
	if full {
		ev.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.fd, &ev)
}
