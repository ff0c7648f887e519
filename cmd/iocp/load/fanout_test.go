package load_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"iocp/cmd/iocp/chat"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
	"iocp/cmd/iocp/load"
)

// spoil changes what one member, the victim, gets: it is given a line, with
// how many lines all members have been sent, and gives what to write; nil
// disconnects it.
type spoil func(count int, line []byte) []byte

// hub sends each line to all connections. The victim is never the speaker, who
// doesn't care for what it gets.
type hub struct {
	mu    sync.Mutex
	conns map[int]*net.TCPConn
	lines int
	spoil spoil
}

// members is how many connections there are to a hub.
const members = 7

func newHub(spoil spoil) *hub { return &hub{conns: map[int]*net.TCPConn{}, spoil: spoil} }

func (h *hub) handle(id int, c *net.TCPConn) {
	h.mu.Lock()
	h.conns[id] = c
	h.mu.Unlock()
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		h.say(id, line)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, id)
}

func (h *hub) say(speaker int, line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.conns) >= members { // on a busy machine it may take long until they are
		h.lines++
	}
	victim := 0
	if speaker == victim {
		victim = 1
	}
	for id, c := range h.conns {
		text := line
		if id == victim && h.spoil != nil {
			text = h.spoil(h.lines, bytes.Clone(line))
		}
		if text == nil {
			c.Close()
		}
		c.Write(text)
	}
}

func fanout(t *testing.T, spoil spoil) load.Config {
	cfg := serve(t, newHub(spoil).handle)
	cfg.Scenario, cfg.Conns, cfg.Rate = load.Fanout, members, 500
	return cfg
}

func TestFanout(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := fanout(t, nil)
		cfg.Backend = backend
		if res := run(t, cfg); res.Latencies.TotalCount() != 7*100 || res.Fanout.Lines < 100 || res.Fanout.Foreign != 0 {
			t.Errorf("%d latencies of 100 lines to 7 members, %+v", res.Latencies.TotalCount(), res.Fanout)
		}
	})
}

// TestFanoutClosed ends a run when the room has had enough lines, of which all but
// the last depth have been heard by all.
func TestFanoutClosed(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		const enough, depth = 200, 10
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		cfg := fanout(t, func(count int, line []byte) []byte {
			if count == enough {
				interrupt()
			}
			return line
		})
		cfg.Backend, cfg.Rate, cfg.Depth, cfg.Warmup, cfg.Duration = backend, 0, depth, 0, servetest.Bound
		res, err := load.Run(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		gathering := int64(cfg.Conns) // lines
		if res.Messages < 7*(enough-depth-gathering) || res.Messages > 7*res.Fanout.Lines {
			t.Errorf("%d deliveries of %+v", res.Messages, res.Fanout)
		}
	})
}

func TestChatLosesNothing(t *testing.T) {
	serveChat := func(ctx context.Context, cfg service.Config) error {
		return chat.Serve(ctx, chat.Config{Config: cfg, Rate: -1})
	}
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := servetest.Start(t, service.Config{Backend: backend}, serveChat)
		cfg := configFor(t, s.Addr)
		cfg.Backend, cfg.Scenario, cfg.Conns, cfg.Depth = backend, load.Fanout, 20, 16
		run(t, cfg)
	})
}

// TestForeignLines has a server that adds to lines, and has lines of its own.
func TestForeignLines(t *testing.T) {
	cfg := fanout(t, func(_ int, line []byte) []byte {
		return append([]byte("*** a notice\n12:30 <somebody> "), line...)
	})
	res := run(t, cfg)
	if n := res.Fanout.Foreign; n < 100 || n > res.Fanout.Lines {
		t.Errorf("%d notices in %d lines", n, res.Fanout.Lines)
	}
}

// TestBadRooms spoils the 40th line, which is after the members have gathered.
func TestBadRooms(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(line []byte) []byte
		count func(*load.Failures) int64
	}{
		{"forgets a line", func([]byte) []byte { return []byte{} }, func(f *load.Failures) int64 { return f.Lost }},
		{"repeats a line", func(line []byte) []byte { return append(line, line...) }, func(f *load.Failures) int64 { return f.Misordered }},
		{"changes a byte", func(line []byte) []byte { line[len(line)-3]++; return line }, func(f *load.Failures) int64 { return f.Corrupt }},
		{"loses an end", func(line []byte) []byte { return line[:len(line)-1] }, func(f *load.Failures) int64 { return f.Corrupt }},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				cfg := fanout(t, func(count int, line []byte) []byte {
					if count == 40 {
						return c.spoil(line)
					}
					return line
				})
				cfg.Backend, cfg.Warmup = backend, 0
				res, err := load.Run(context.Background(), cfg)
				if err == nil || res == nil {
					t.Fatalf("%+v, error %v", res, err)
				}
				if n := c.count(res.Failures); n != 1 || res.Errors != 1 || res.Messages == 0 {
					t.Errorf("%d errors%s, %d deliveries", res.Errors, res.Failures, res.Messages)
				}
			})
		})
	}
}

// TestSwappedLines are one line lost and one late.
func TestSwappedLines(t *testing.T) {
	var kept []byte
	cfg := fanout(t, func(count int, line []byte) []byte {
		switch {
		case count == 40:
			kept = line
			return []byte{}
		case count == 41:
			return append(line, kept...)
		}
		return line
	})
	res, err := load.Run(context.Background(), cfg)
	if err == nil || res.Failures.Lost != 1 || res.Failures.Misordered != 1 {
		t.Errorf("%v, error %v", res.Failures, err)
	}
}

// TestLastLineIsMissed loses all lines for one member from the 40th on, so
// that no later line tells of it.
func TestLastLineIsMissed(t *testing.T) {
	t.Parallel()
	cfg := fanout(t, func(count int, line []byte) []byte {
		if count >= 40 {
			return []byte{}
		}
		return line
	})
	res, err := load.Run(context.Background(), cfg)
	if err == nil || res.Failures.Lost < 50 || res.Failures.Lost != res.Errors {
		t.Errorf("%v, error %v", res.Failures, err)
	}
}

func TestMemberIsDisconnected(t *testing.T) {
	cfg := fanout(t, func(count int, line []byte) []byte {
		if count == 40 {
			return nil
		}
		return line
	})
	res, err := load.Run(context.Background(), cfg)
	if err == nil || res.Errors != 1 || res.Failures.Closed+res.Failures.Reset != 1 || res.Messages < 6*50 {
		t.Errorf("%v in %d deliveries, error %v", res.Failures, res.Messages, err)
	}
}

// TestNobodyHears takes as long as Run waits for members.
func TestNobodyHears(t *testing.T) {
	t.Parallel()
	cfg := serve(t, plainEcho)
	cfg.Scenario = load.Fanout
	if res, err := load.Run(context.Background(), cfg); res != nil || err == nil || !strings.Contains(err.Error(), "only 0 of 5 members hear") {
		t.Errorf("%+v, error %v", res, err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	interrupt()
	if _, err := load.Run(ctx, cfg); err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("error %v", err)
	}
}
