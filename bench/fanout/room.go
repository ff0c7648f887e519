//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"iocp/bench/internal/loadgen"
)

// room is the speaker and those who listen, in one thread.
type room struct {
	cfg       config
	proto     protocol
	epoll     int
	ticker    loadgen.Ticker
	speaker   int
	listeners []*listener
	events    [256]unix.EpollEvent
	buf       [64 << 10]byte

	*loadgen.Window
	latency loadgen.Histogram // of what was heard in the window

	said   int // the number of the next message
	unsent []byte
	full   bool // the speaker waits for room to send
	sent   [onTheWayMax]utterance
	ticks  int // messages that came due, with a rate
}

// utterance is a message that not all have heard.
type utterance struct {
	start   time.Duration
	missing int // listeners who haven't heard it
}

// onTheWayMax bounds the messages that not all have heard.
const onTheWayMax = 1 << 16

// What stands among the listeners' numbers for others.
const (
	speakerID = -1
	tickerID  = -2
)

// talk speaks and listens until the window is over.
func (r *room) talk() error {
	if err := r.begin(); err != nil {
		return err
	}
	for !r.Over(r.Now()) {
		n, err := unix.EpollWait(r.epoll, r.events[:], 100)
		if err != nil && err != unix.EINTR {
			return err
		}
		for i := range max(n, 0) {
			if err := r.handle(r.events[i]); err != nil {
				return err
			}
		}
		if err := r.send(); err != nil {
			return err
		}
	}
	return nil
}

func (r *room) begin() error {
	r.said = first
	if r.cfg.rate > 0 {
		var err error
		r.ticker, err = loadgen.NewTicker(r.epoll, tickerID, r.due(1))
		return err
	}
	for range r.cfg.depth {
		if err := r.utter(r.Now()); err != nil {
			return err
		}
	}
	return r.send()
}

func (r *room) due(n int) time.Duration {
	return time.Duration(float64(n) / r.cfg.rate * float64(time.Second))
}

func (r *room) handle(ev unix.EpollEvent) error {
	switch ev.Fd {
	case tickerID:
		return r.utterDue()
	case speakerID:
		return r.ignore(ev.Events)
	}
	l := r.listeners[ev.Fd]
	if err := r.listen(l); err != nil {
		return fmt.Errorf("listener %d: %w", ev.Fd, err)
	}
	return nil
}

func (r *room) utterDue() error {
	if err := r.ticker.Tick(); err != nil {
		return err
	}
	until := r.Now()
	for ; r.due(r.ticks) <= until; r.ticks++ {
		if err := r.utter(r.due(r.ticks)); err != nil {
			return err
		}
	}
	return nil
}

// ignore reads what the speaker hears: some servers send it its own words.
func (r *room) ignore(events uint32) error {
	if events&^unix.EPOLLOUT == 0 {
		return nil
	}
	if _, err := hear(r.speaker, r.buf[:]); err != nil {
		return fmt.Errorf("the speaker: %w", err)
	}
	return nil
}

// hear reads what there is, which may be nothing.
func hear(fd int, buf []byte) (int, error) {
	n, err := loadgen.Read(fd, buf)
	switch {
	case err == loadgen.ErrNothing:
		return 0, nil
	case err == nil && n == 0:
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// utter queues the next message.
func (r *room) utter(start time.Duration) error {
	u := &r.sent[r.said%onTheWayMax]
	if u.missing > 0 {
		return fmt.Errorf("of the last %d messages not all were heard: too much for the server", onTheWayMax)
	}
	*u = utterance{start, len(r.listeners)}
	r.unsent = append(r.unsent, r.proto.say(text(r.said, r.cfg.size))...)
	r.said++
	return nil
}

// send sends what is queued, as far as there is room.
func (r *room) send() error {
	full := false
	for len(r.unsent) > 0 && !full {
		n, err := unix.Write(r.speaker, r.unsent)
		if err != nil && err != unix.EAGAIN {
			return fmt.Errorf("the speaker: %w", err)
		}
		full = n < len(r.unsent)
		r.unsent = r.unsent[:copy(r.unsent, r.unsent[max(n, 0):])]
	}
	if full == r.full {
		return nil
	}
	r.full = full
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: speakerID}
	if full {
		ev.Events |= unix.EPOLLOUT
	}
	return unix.EpollCtl(r.epoll, unix.EPOLL_CTL_MOD, r.speaker, &ev)
}

// listen takes what a listener hears. All that one read brings counts as heard
// at the same time.
func (r *room) listen(l *listener) error {
	kept := copy(r.buf[:], l.rest)
	n, err := hear(l.fd, r.buf[kept:])
	if err != nil {
		return err
	}
	now := r.Now()
	came := r.buf[:kept+n]
	for size := l.frame.len(); ; came = came[size:] {
		if came, err = r.pong(l, came); err != nil {
			return err
		}
		if len(came) < size {
			break
		}
		number, err := l.frame.number(came[:size])
		if err == nil && number != l.next {
			err = fmt.Errorf("heard number %d where %d was to come", number, l.next)
		}
		if err == nil {
			l.next++
			err = r.heard(number, now)
		}
		if err != nil {
			return err
		}
	}
	l.rest = append(l.rest[:0], came...)
	return nil
}

// pong answers what the server asks between two messages.
func (r *room) pong(l *listener, came []byte) ([]byte, error) {
	for r.proto.ping != "" && bytes.HasPrefix(came, []byte(r.proto.ping)) {
		if _, err := unix.Write(l.fd, []byte(r.proto.pong)); err != nil {
			return nil, fmt.Errorf("a listener's answer: %w", err)
		}
		came = came[len(r.proto.ping):]
	}
	return came, nil
}

func (r *room) heard(number int, now time.Duration) error {
	u := &r.sent[number%onTheWayMax]
	if r.Holds(now) {
		r.latency.Record(int64(now-u.start), 1)
	}
	u.missing--
	if u.missing > 0 || r.cfg.rate > 0 {
		return nil
	}
	return r.utter(now)
}
