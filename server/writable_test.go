package server_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"iocp/server"
)

// writableCalls is calls with an OnWritable.
type writableCalls struct {
	calls
	writable func(c *server.Conn)
}

func (h writableCalls) OnWritable(c *server.Conn) { h.writable(c) }

// shop answers each byte with one of its goods, as soon as there is room.
type shop struct {
	server.NopHandler
	goods func(request byte) []byte
}

func (s shop) OnData(c *server.Conn, data []byte) {
	orders, _ := c.Data().([]byte)
	c.SetData(append(orders, data...))
	s.OnWritable(c)
}

func (s shop) OnWritable(c *server.Conn) {
	orders := c.Data().([]byte)
	for len(orders) > 0 && c.TrySend(s.goods(orders[0])) == nil {
		orders = orders[1:]
	}
	c.SetData(orders)
}

// Answers that are many times larger than the queue all reach a client that
// sends its requests at once, in one message or in many.
func TestAnswersLargerThanTheQueue(t *testing.T) {
	for _, e := range []struct {
		name            string
		requests, bytes int
	}{
		{"27 of 10 kB", 27, 10_000},
		{"500 of 10 kB", 500, 10_000},
		{"3 of 1 MB", 3, 1 << 20},
	} {
		t.Run(e.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				srv, addr := serve(t, shop{goods: func(request byte) []byte {
					return bytes.Repeat([]byte{request}, e.bytes)
				}}, cfg)
				peer := dial(t, addr)
				if err := peer.SetReadBuffer(64 << 10); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					requests := pattern(e.requests)
					write(t, peer, string(requests))
					for _, request := range requests {
						got := make([]byte, e.bytes)
						if _, err := io.ReadFull(peer, got); err != nil || bytes.Count(got, []byte{request}) != e.bytes {
							t.Fatalf("not all of an answer of %d bytes, or another's: %v", e.bytes, err)
						}
					}
				}
				t.Logf("%d times full", srv.Stats().QueueFull)
			})
		})
	}
}

// A message of any size is taken below the mark, and none at the mark.
func TestMessageLargerThanTheQueue(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = 1000
		_, c, peer := connect(t, cfg, calls{})
		sent := pattern(blockade)
		if err := c.TrySend(sent); err != nil {
			t.Fatal(err)
		}
		if err := c.TrySend([]byte("x")); !errors.Is(err, server.ErrQueueFull) {
			t.Errorf("TrySend at the mark = %v, want ErrQueueFull", err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Send(t.Context(), sent[:5000]) }()
		got := make([]byte, len(sent)+5000)
		if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got[:len(sent)], sent) || !bytes.Equal(got[len(sent):], sent[:5000]) {
			t.Errorf("the peer got something else: %v", err)
		}
		if err := next(t, done); err != nil {
			t.Errorf("Send = %v", err)
		}
	})
}

// OnWritable comes once for several refusals, though nothing is received, and
// what is received during it waits.
func TestOnWritableAside(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = blockade
		begun, release, datas := make(chan struct{}, 8), make(chan struct{}), make(chan string, 8)
		var inside atomic.Bool
		h := writableCalls{
			calls: calls{data: func(_ *server.Conn, data []byte) {
				if inside.Load() && string(data) != "other" {
					t.Error("OnData during OnWritable")
				}
				datas <- string(data)
			}},
			writable: func(*server.Conn) {
				inside.Store(true)
				begun <- struct{}{}
				<-release
				inside.Store(false)
			},
		}
		conns, _ := h.recorded()
		srv, addr := serve(t, h, cfg)
		peer, other := dial(t, addr), dial(t, addr)
		if err := peer.SetReadBuffer(64 << 10); err != nil {
			t.Fatal(err)
		}
		c := next(t, conns)
		if c.RemoteAddr() != addrPortOf(peer) {
			c = next(t, conns)
		}
		total := block(t, c)
		for range 3 {
			if err := c.TrySend([]byte("x")); !errors.Is(err, server.ErrQueueFull) {
				t.Fatalf("TrySend = %v, want ErrQueueFull", err)
			}
		}
		skipBlockade(t, peer, total)
		next(t, begun)
		write(t, peer, "during")
		write(t, other, "other")
		if got := next(t, datas); got != "other" {
			t.Errorf("OnData got %q", got)
		}
		close(release)
		if got := next(t, datas); got != "during" {
			t.Errorf("OnData got %q", got)
		}
		if len(begun) != 0 || srv.Stats().QueueFull != 3 {
			t.Error("OnWritable was called more than once")
		}
	})
}

// Callbacks don't overlap whoever fills the queue and whoever empties it, and
// no OnWritable is missing. The peer doesn't read while the queue is to become
// full: it may well be the faster one.
func TestOnWritableIsSerialized(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = 4 << 10
		const rounds, size, meanwhile = 100, 3 << 10, 8
		var busy atomic.Bool
		guard := func(f func()) {
			if !busy.CompareAndSwap(false, true) {
				t.Error("callbacks overlap")
			}
			f()
			busy.Store(false)
		}
		room := make(chan struct{}, 1)
		h := writableCalls{
			calls: calls{data: func(c *server.Conn, data []byte) { guard(func() { c.TrySend(data) }) }},
			writable: func(*server.Conn) {
				guard(func() {
					select {
					case room <- struct{}{}:
					default:
					}
				})
			},
		}
		conns, _ := h.recorded()
		_, addr := serve(t, h, cfg)
		peer := dial(t, addr)
		if err := peer.SetReadBuffer(64 << 10); err != nil {
			t.Fatal(err)
		}
		var reading sync.Mutex
		go drainUnder(&reading, peer)
		go flood(peer)
		c := next(t, conns)
		message := make([]byte, size)
		for range rounds {
			for range meanwhile {
				c.TrySend(message)
			}
			reading.Lock()
			for c.TrySend(message) == nil {
			}
			reading.Unlock()
			next(t, room)
		}
		c.Abort()
	})
}

// drainUnder is drain, one read at a time under a lock.
func drainUnder(mu *sync.Mutex, peer *net.TCPConn) {
	buf := make([]byte, 64<<10)
	for {
		mu.Lock()
		_, err := peer.Read(buf)
		mu.Unlock()
		if err != nil {
			peer.Close()
			return
		}
	}
}
