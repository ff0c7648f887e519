package server_test

import (
	"errors"
	"runtime"
	"testing"

	"iocp/server"
)

// quitter ends the goroutine of one of its callbacks, on connections that say "q".
type quitter struct {
	in      string
	reasons chan error
}

func (q quitter) quit(c *server.Conn, callback string) {
	if q.in == callback && c.Data() == true {
		runtime.Goexit()
	}
}

func (q quitter) OnOpen(*server.Conn) {
	if q.in == "OnOpen" {
		runtime.Goexit()
	}
}

func (q quitter) OnData(c *server.Conn, data []byte) {
	if data[0] != 'q' {
		c.TrySend(data)
		return
	}
	c.SetData(true)
	for q.in == "OnWritable" && c.TrySend(make([]byte, 64<<10)) == nil {
	}
	q.quit(c, "OnData")
}

func (q quitter) OnEnd(c *server.Conn) {
	q.quit(c, "OnEnd")
	c.CloseWrite()
}

func (q quitter) OnWritable(c *server.Conn) { q.quit(c, "OnWritable") }

func (q quitter) OnClose(c *server.Conn, err error) {
	if q.in == "OnOpen" || c.Data() == true {
		q.reasons <- err
	}
	q.quit(c, "OnClose")
}

// A callback that ends its goroutine, as t.FailNow does, costs its connection,
// and the server neither a worker nor its end, however often it happens.
func TestGoexitCostsOneConnection(t *testing.T) {
	for _, in := range []string{"OnOpen", "OnData", "OnEnd", "OnWritable", "OnClose"} {
		t.Run(in, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				for _, cfg.Blocking = range []bool{false, true} {
					testGoexit(t, in, cfg)
				}
			})
		})
	}
}

func testGoexit(t *testing.T, in string, cfg server.Config) {
	cfg.Workers = 2
	reasons := make(chan error, 1)
	srv, addr := serve(t, quitter{in, reasons}, cfg)
	const times = 8
	for range times {
		if peer, err := tryDial(t, addr); err == nil {
			go func() {
				peer.Write([]byte("q"))
				peer.CloseWrite()
				drain(peer)
			}()
		}
		var p *server.PanicError
		switch err := next(t, reasons); {
		case in == "OnClose" && err != nil:
			t.Errorf("OnClose(%v), want nil", err)
		case in == "OnClose":
		case !errors.As(err, &p) || !errors.Is(err, server.ErrGoexit) || p.Callback != in || len(p.Stack) == 0:
			t.Errorf("OnClose(%v), want a PanicError for %s with ErrGoexit", err, in)
		}
	}
	if in != "OnOpen" {
		other := dial(t, addr)
		write(t, other, "served")
		expect(t, other, "served")
	}
	if n := srv.Stats().Panics; n < times-1 { // the last OnClose may not have been counted yet
		t.Errorf("Panics = %d, want %d", n, times)
	}
}
