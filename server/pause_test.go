package server_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"iocp/server"
)

// While a connection is paused nothing is received from it; after Resume
// everything that has come meanwhile is.
func TestPausedConnectionIsNotReadFrom(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		datas := make(chan string, 16)
		srv, c, peer := connect(t, cfg, calls{data: func(c *server.Conn, data []byte) {
			c.Pause()
			datas <- string(data)
		}})
		other := dial(t, srv.Addr())
		write(t, peer, "first")
		if got := next(t, datas); got != "first" {
			t.Errorf("OnData got %q", got)
		}
		for range 10 {
			write(t, peer, "second")
			write(t, other, "other")
			if got := next(t, datas); got != "other" {
				t.Errorf("OnData got %q, paused", got)
			}
			other.Close()
			other = dial(t, srv.Addr())
		}
		for got := ""; len(got) < 10*len("second"); got += next(t, datas) {
			c.Resume()
		}
	})
}

// A paused connection ends like any other.
func TestPausedConnectionEnds(t *testing.T) {
	for _, e := range []struct {
		name string
		end  func(c *server.Conn)
	}{
		{"Close", closeConn},
		{"Abort", abortConn},
		{"Close and Abort", func(c *server.Conn) { c.Close(); c.Abort() }},
		{"Resume and Abort", func(c *server.Conn) { c.Resume(); c.Abort() }},
		{"Shutdown", func(c *server.Conn) { go c.Server().Shutdown(t.Context()) }},
	} {
		t.Run(e.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				cfg.CloseTimeout = 100 * time.Millisecond
				paused, reasons := make(chan struct{}, 1), make(chan error, 2)
				_, c, peer := connect(t, cfg, calls{
					data:  func(c *server.Conn, _ []byte) { c.Pause(); paused <- struct{}{} },
					close: func(_ *server.Conn, err error) { reasons <- err },
				})
				write(t, peer, "go")
				next(t, paused)
				e.end(c)
				if err := next(t, reasons); !errors.Is(err, net.ErrClosed) {
					t.Errorf("OnClose(%v), want net.ErrClosed", err)
				}
			})
		})
	}
}
