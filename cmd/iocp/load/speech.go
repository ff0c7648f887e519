package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	sequenceDigits = 16 // hexadecimal
	aheadLines     = 1 << 12
	timesKept      = 1 << 16
	gatherEvery    = 20 * time.Millisecond // between the lines that find out who hears
	gatherMax      = 10 * time.Second
)

// speech is what the workers of Fanout share: the lines that are said. Each
// is a tag, which tells them from what else may be heard, its number, and what
// fills it up.
type speech struct {
	tag  []byte
	line []byte // the last one said, with its end
	fill []byte

	said  atomic.Int64            // lines
	final atomic.Bool             // no more are said
	times [timesKept]atomic.Int64 // when the latest were due

	members atomic.Int64 // alive
	joined  atomic.Int64 // that have heard anything
	heard   atomic.Int64 // the numbers of the lines that those alive wait for, added up
	held    atomic.Bool  // the speaker waits for heard to grow
}

const tagText = "[load] "

// lineMin is a line with nothing to fill it up.
const lineMin = len(tagText) + 8 + sequenceDigits + 1

func newSpeech(size int) *speech {
	s := &speech{tag: fmt.Appendf(nil, tagText+"%08x", rand.Uint32())}
	s.fill = append(bytes.Repeat([]byte{'.'}, size-lineMin), '\n')
	s.line = append(append(append([]byte(nil), s.tag...), make([]byte, sequenceDigits)...), s.fill...)
	return s
}

// next makes the next line, due at a time, and appends it to out.
func (s *speech) next(out []byte, due time.Duration) []byte {
	n := s.said.Load()
	digits := s.line[len(s.tag) : len(s.tag)+sequenceDigits]
	for i := range digits {
		digits[i] = "0123456789abcdef"[n>>(4*(sequenceDigits-1-i))&15]
	}
	s.times[n%timesKept].Store(int64(due))
	s.said.Store(n + 1)
	return append(out, s.line...)
}

// due is when a line was due, or at least an earlier time than when any line
// was that is still known.
func (s *speech) due(number int64) time.Duration {
	number = max(number, s.said.Load()-timesKept/2)
	return time.Duration(s.times[number%timesKept].Load())
}

// floor is how many lines the members have heard on average.
func (s *speech) floor() int64 { return s.heard.Load() / max(s.members.Load(), 1) }

// parse finds the number of a line, given without its end. A server may have
// put something before it. It isn't ours without the tag, and not intact when
// the number is -1.
func (s *speech) parse(line []byte) (number int64, ours bool) {
	i := bytes.Index(line, s.tag)
	if i < 0 {
		return -1, false
	}
	rest := line[i+len(s.tag):]
	if len(rest) < sequenceDigits || !bytes.Equal(rest[sequenceDigits:], s.fill[:len(s.fill)-1]) {
		return -1, true
	}
	number, err := strconv.ParseInt(string(rest[:sequenceDigits]), 16, 64)
	if err != nil || number >= s.said.Load() {
		return -1, true
	}
	return number, true
}

// gather speaks until all members hear: a server may take a connection into
// its room later than the system does. From then on each has to hear all.
func (s *speech) gather(ctx context.Context, r *run) error {
	deadline := r.now() + gatherMax
	speaker := r.workers[0].part.(*fanPart).speaker
	for _, w := range r.workers {
		if err := w.part.(*fanPart).listen(); err != nil {
			return err
		}
	}
	for spoke := time.Duration(0); !s.gathered(); {
		if now := r.now(); s.joined.Load() < int64(r.cfg.Conns) && now-spoke > gatherEvery {
			speaker.say(now)
			spoke = now
		}
		for _, w := range r.workers {
			if err := w.listenFor(gatherEvery / 4); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted before all members were there")
		case r.now() > deadline:
			return fmt.Errorf("only %d of %d members hear what is said after %v: see that the server at %s sends each line to all clients", s.joined.Load(), r.cfg.Conns, gatherMax, hostPort(r.target))
		case int(s.members.Load()) < r.cfg.Conns || speaker.dead:
			return r.losses()
		}
	}
	return nil
}

// gathered reports whether all members wait for the same line.
func (s *speech) gathered() bool {
	n := s.members.Load()
	return s.joined.Load() == n && s.heard.Load() >= n*s.said.Load()
}

// listenFor takes what comes within a time, before the run proper.
func (w *worker) listenFor(d time.Duration) error {
	for {
		n, err := w.waiter.Wait(w.batch[:], d)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
		w.takeAll(n, w.run.now())
		w.part.(*fanPart).tell()
		d = 0
	}
}
