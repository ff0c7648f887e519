package server_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// endCalls is calls with an OnEnd.
type endCalls struct {
	calls
	end func(c *server.Conn)
}

func (h endCalls) OnEnd(c *server.Conn) {
	if h.end != nil {
		h.end(c)
	}
}

// recorded makes the handler tell of connections and of the reasons of their ends.
func (h *calls) recorded() (conns chan *server.Conn, reasons chan error) {
	conns, reasons = make(chan *server.Conn, 64), make(chan error, 64)
	h.open = func(c *server.Conn) { conns <- c }
	h.close = func(_ *server.Conn, err error) { reasons <- err }
	return conns, reasons
}

// An answer that comes after the peer has ended its side reaches it.
func TestAnswerAfterThePeersEnd(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		ended := make(chan *server.Conn, 1)
		h := endCalls{end: func(c *server.Conn) { ended <- c }}
		_, reasons := h.recorded()
		_, addr := serve(t, h, cfg)
		peer := dial(t, addr)
		write(t, peer, "question")
		peer.CloseWrite()
		c := next(t, ended)
		for range 3 {
			if err := c.TrySend([]byte("answer ")); err != nil {
				t.Fatal(err)
			}
			expect(t, peer, "answer ")
		}
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		expectEnd(t, peer)
		if err := next(t, reasons); err != nil {
			t.Errorf("OnClose(%v), want nil", err)
		}
		if err := c.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("CloseWrite after OnClose = %v, want net.ErrClosed", err)
		}
	})
}

// What was queued before CloseWrite reaches even a peer that reads slowly.
func TestQueueIsSentAfterBothEnds(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		sent := pattern(4 << 20)
		h := endCalls{end: func(c *server.Conn) { c.TrySend(sent); c.CloseWrite() }}
		_, reasons := h.recorded()
		_, addr := serve(t, h, cfg)
		peer := dial(t, addr)
		peer.CloseWrite()
		if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
		}
		if err := next(t, reasons); err != nil {
			t.Errorf("OnClose(%v), want nil", err)
		}
	})
}

// After CloseWrite the peer sees our end, and is heard until its own.
func TestCloseWriteLeavesThePeerToEnd(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		for name, wrap := range map[string]func(calls) server.Handler{
			"without OnEnd": func(h calls) server.Handler { return h },
			"with OnEnd":    func(h calls) server.Handler { return endCalls{calls: h} },
		} {
			t.Run(name, func(t *testing.T) {
				datas := make(chan string, 8)
				h := calls{data: func(_ *server.Conn, data []byte) { datas <- string(data) }}
				conns, reasons := h.recorded()
				_, addr := serve(t, wrap(h), cfg)
				peer := dial(t, addr)
				c := next(t, conns)
				c.TrySend([]byte("last words"))
				if err := c.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(c.TrySend([]byte("x")), c.Send(t.Context(), []byte("x"))); !errors.Is(err, net.ErrClosed) {
					t.Errorf("sending after CloseWrite: %v, want net.ErrClosed", err)
				}
				expect(t, peer, "last words")
				expectEnd(t, peer)
				for range 3 {
					write(t, peer, "still here")
					if got := next(t, datas); got != "still here" {
						t.Errorf("OnData got %q", got)
					}
				}
				peer.CloseWrite()
				if err := next(t, reasons); err != nil {
					t.Errorf("OnClose(%v), want nil", err)
				}
			})
		}
	})
}

// A connection that is half open, the peer having ended its side, can end in
// each of the other ways too.
func TestHalfOpenConnectionEnds(t *testing.T) {
	for _, e := range []struct {
		name string
		end  func(t *testing.T, c *server.Conn, peer *net.TCPConn)
		want error
	}{
		{"Close", func(_ *testing.T, c *server.Conn, _ *net.TCPConn) { c.Close() }, net.ErrClosed},
		{"Abort", func(_ *testing.T, c *server.Conn, _ *net.TCPConn) { c.Abort() }, net.ErrClosed},
		{"Pause and Close", func(_ *testing.T, c *server.Conn, _ *net.TCPConn) { c.Pause(); c.Close() }, net.ErrClosed},
		{"Shutdown", func(t *testing.T, c *server.Conn, _ *net.TCPConn) { go c.Server().Shutdown(t.Context()) }, server.ErrServerClosed},
		{"reset", sendIntoReset, iocp.ErrReset},
	} {
		t.Run(e.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				ended := make(chan *server.Conn, 2)
				h := endCalls{end: func(c *server.Conn) { ended <- c }}
				_, reasons := h.recorded()
				_, addr := serve(t, h, cfg)
				peer := dial(t, addr)
				write(t, peer, "go")
				peer.CloseWrite()
				e.end(t, next(t, ended), peer)
				if err := next(t, reasons); !errors.Is(err, e.want) {
					t.Errorf("OnClose(%v), want %v", err, e.want)
				}
				if len(ended) != 0 {
					t.Error("OnEnd was called twice")
				}
			})
		})
	}
}

// sendIntoReset has the peer reset the connection, and sends until that is noticed.
func sendIntoReset(t *testing.T, c *server.Conn, peer *net.TCPConn) {
	peer.SetLinger(0)
	peer.Close()
	for limit := time.Now().Add(bound); c.TrySend([]byte("?")) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the reset isn't noticed")
		}
	}
}
