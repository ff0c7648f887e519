package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// atOnce reports whether a backend can send without an operation.
func atOnce(backend string) bool {
	return backend == "uring" || backend == "epoll" || backend == "winport"
}

// An answer takes no operation, and is counted all the same, whichever worker it
// comes from.
func TestAnswersNeedNoOperation(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const conns, size = 16, 20_000
		cfg.Workers = 4
		h, ends := echo(t), make(chan error, conns)
		h.close = func(_ *server.Conn, err error) { ends <- err }
		srv, addr := serve(t, h, cfg)
		var clients sync.WaitGroup
		for i := range conns {
			c := dial(t, addr)
			clients.Go(func() { roundTrip(t, c, uint64(i), size) })
		}
		for range conns {
			if err := next(t, ends); err != nil {
				t.Errorf("OnClose(%v), want nil", err)
			}
		}
		clients.Wait()
		st := srv.Stats()
		if st.BytesIn != conns*size || st.BytesOut != st.BytesIn {
			t.Errorf("%d bytes in, %d out; want %d", st.BytesIn, st.BytesOut, conns*size)
		}
		operations := st.Receives + st.Sends
		if atOnce(cfg.PortConfig.Backend) {
			operations = st.Receives
			if answers := st.Receives - conns; st.Sends != answers {
				t.Errorf("%d sends for %d answers", st.Sends, answers)
			}
		}
		if st.Port.Completed != conns+operations {
			t.Errorf("%d packets for %d accepts and %d operations", st.Port.Completed, conns, operations)
		}
	})
}

// While a packet waits to be handled, what goes at once is an answer and what is
// large; without one, everything.
func TestWhatWaitsForOthersIsSmallAndNoAnswer(t *testing.T) {
	const small, large = 10, 10_000
	overBackends(t, func(t *testing.T, cfg server.Config) {
		if backend := cfg.PortConfig.Backend; !atOnce(backend) {
			t.Skipf("capability: %s has no sends without an operation", backend)
		}
		cfg.Workers = 1
		conns, handled := make(chan *server.Conn, 3), make(chan [4]int)
		srv, addr := serve(t, calls{
			open: func(c *server.Conn) { conns <- c },
			data: func(c *server.Conn, data []byte) {
				var queued [4]int
				if string(data) == "busy" {
					c.Server().Port().Post(nil, 0, "a packet that this worker has to drop")
				}
				if to, ok := c.Data().([4]*server.Conn); ok {
					for i, size := range []int{small, small, large, small} {
						to[i].TrySend(make([]byte, size))
						queued[i] = to[i].Queued()
					}
				}
				handled <- queued
			},
		}, cfg)
		asker, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
		c := next(t, conns)
		c.SetData([4]*server.Conn{c, c, next(t, conns), next(t, conns)})
		for request, want := range map[string][4]int{"busy": {0, small, 0, small}, "calm": {}} {
			for range 50 {
				write(t, third, "not answered")
				next(t, handled)
				write(t, asker, request)
				if got := next(t, handled); got != want {
					t.Errorf("%s: %v bytes are queued, want %v", request, got, want)
				}
				expect(t, asker, string(make([]byte, 2*small)))
				expect(t, second, string(make([]byte, large)))
				expect(t, third, string(make([]byte, small)))
				awaitNothingQueued(t, srv)
			}
		}
	})
}

// awaitNothingQueued returns when all sends are over.
func awaitNothingQueued(t *testing.T, srv *server.Server) {
	t.Helper()
	for limit := time.Now().Add(bound); srv.Stats().Queued > 0; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal("something stays queued")
		}
	}
}

// expectBytesOut compares what is counted with what the peers have read. That
// nothing is queued is said under the locks that sending holds, so all is counted.
func expectBytesOut(t *testing.T, srv *server.Server, want int) {
	t.Helper()
	awaitNothingQueued(t, srv)
	if got := srv.Stats().BytesOut; got != uint64(want) {
		t.Errorf("BytesOut = %d, want %d", got, want)
	}
}

// Connections end after an answer, and during one, as they do without.
func TestOnCloseAfterAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.CloseTimeout = bound
		cfg.SendQueueMax = 2 * blockade
		for _, size := range []int{1, 5_000, blockade} {
			answer := func(c *server.Conn) {
				if err := c.TrySend(piece(0, size)); err != nil {
					t.Errorf("TrySend = %v", err)
				}
			}
			gone := make(chan struct{})
			for _, e := range []ending{
				{name: "Close", data: func(c *server.Conn) { answer(c); c.Close() }, want: net.ErrClosed, client: func(p *net.TCPConn) {
					if got, err := io.ReadAll(p); err != nil || !bytes.Equal(got, piece(0, size)) {
						t.Errorf("read %d bytes, %v; want %d", len(got), err, size)
					}
					p.Close()
				}},
				{name: "panic", data: func(c *server.Conn) { answer(c); panic(errHandler) }, want: errHandler, panics: true},
				{name: "Abort", data: func(c *server.Conn) { answer(c); c.Abort() }, want: net.ErrClosed},
				{name: "reset", data: func(c *server.Conn) { <-gone; c.TrySend(piece(0, size)); c.TrySend([]byte("more")) }, want: iocp.ErrReset,
					client: func(p *net.TCPConn) { p.SetLinger(0); p.Close(); close(gone) }},
				{name: "reset behind an answer", data: answer, want: iocp.ErrReset,
					client: func(p *net.TCPConn) { p.SetLinger(0); p.Close() }},
			} {
				t.Run(fmt.Sprintf("%s, %d bytes", e.name, size), func(t *testing.T) { e.check(t, cfg) })
			}
		}
	})
}

// A peer that resets the connection in the middle of a conversation is told of
// once, as that.
func TestResetAmongAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const conns = 50
		ends := make(chan error, 2*conns)
		t.Cleanup(func() { // when the server has ended
			if len(ends) > 0 {
				t.Errorf("%d more calls of OnClose than connections", len(ends))
			}
		})
		h := echo(t)
		h.close = func(_ *server.Conn, err error) { ends <- err }
		_, addr := serve(t, h, cfg)
		for i := range conns {
			peer := dial(t, addr)
			go flood(peer)
			go func() {
				// A byte at least: the server has accepted it then.
				io.CopyN(io.Discard, peer, int64(1+i*1000))
				peer.SetLinger(0)
				peer.Close()
			}()
		}
		for range conns {
			if err := next(t, ends); !errors.Is(err, iocp.ErrReset) {
				t.Errorf("OnClose(%v), want ErrReset", err)
			}
		}
	})
}

// Pause holds back what is received, not the answer.
func TestPausedConnectionAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		_, c, peer := connect(t, cfg, calls{data: func(c *server.Conn, data []byte) {
			c.Pause()
			c.TrySend(data[:1])
			c.TrySend(data[1:])
		}})
		for range 50 {
			write(t, peer, "first")
			expect(t, peer, "first")
			write(t, peer, "second")
			peer.SetReadDeadline(time.Now().Add(time.Millisecond))
			if n, _ := peer.Read(make([]byte, 1)); n != 0 {
				t.Fatal("there was an answer, paused")
			}
			peer.SetReadDeadline(time.Now().Add(bound))
			c.Resume()
			expect(t, peer, "second")
			c.Resume()
		}
	})
}
