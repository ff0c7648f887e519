package server_test

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// ending is one way for a connection to end: what the handler does beyond
// recording, what the client does after it has sent "go" and been opened, and
// which reason OnClose must give.
type ending struct {
	name    string
	open    func(c *server.Conn)
	data    func(c *server.Conn)
	closed  func()
	outside func(c *server.Conn)    // from a goroutine that is no callback
	client  func(peer *net.TCPConn) // after OnData
	want    error                   // nil: err must be nil
	panics  bool
}

var errHandler = errors.New("handler gave up")

var endings = []ending{
	{name: "end of stream", client: func(p *net.TCPConn) { p.CloseWrite() }},
	{name: "reset", client: func(p *net.TCPConn) { p.SetLinger(0); p.Close() }, want: iocp.ErrReset},
	{name: "Close in OnOpen", open: closeConn, client: closePeer, want: net.ErrClosed},
	{name: "Close in OnData", data: closeConn, client: closePeer, want: net.ErrClosed},
	{name: "Close and more data", data: closeConn, client: func(p *net.TCPConn) { p.Write([]byte("more")); p.Close() }, want: net.ErrClosed},
	{name: "Close outside", outside: closeConn, client: closePeer, want: net.ErrClosed},
	{name: "Close with a peer that stays", data: closeConn, want: net.ErrClosed},
	{name: "Close meets reset", data: closeConn, client: func(p *net.TCPConn) { p.SetLinger(0); p.Close() }, want: net.ErrClosed},
	{name: "Abort in OnOpen", open: abortConn, want: net.ErrClosed},
	{name: "Abort in OnData", data: abortConn, want: net.ErrClosed},
	{name: "Abort outside", outside: abortConn, want: net.ErrClosed},
	{name: "Close and Abort", outside: func(c *server.Conn) { c.Close(); c.Abort() }, want: net.ErrClosed},
	{name: "panic in OnOpen", open: func(*server.Conn) { panic(errHandler) }, want: errHandler, panics: true},
	{name: "panic in OnData", data: func(*server.Conn) { panic(errHandler) }, want: errHandler, panics: true},
	{name: "Close and panic", data: func(c *server.Conn) { c.Close(); panic(errHandler) }, want: errHandler, panics: true},
	{name: "panic in OnClose", closed: func() { panic(errHandler) }, client: closePeer, panics: true},
}

func closeConn(c *server.Conn)    { c.Close() }
func abortConn(c *server.Conn)    { c.Abort() }
func closePeer(peer *net.TCPConn) { peer.Close() }

func TestOnCloseIsCalledOnceAndLast(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.CloseTimeout = 100 * time.Millisecond
		for _, e := range endings {
			t.Run(e.name, func(t *testing.T) { e.check(t, cfg) })
		}
	})
}

func (e ending) check(t *testing.T, cfg server.Config) {
	var opens, closes atomic.Int32
	conns, datas, reasons := make(chan *server.Conn, 2), make(chan struct{}, 2), make(chan error, 2)
	h := calls{
		open: func(c *server.Conn) {
			opens.Add(1)
			conns <- c
			if e.open != nil {
				e.open(c)
			}
		},
		data: func(c *server.Conn, _ []byte) {
			if closes.Load() != 0 {
				t.Error("OnData after OnClose")
			}
			datas <- struct{}{}
			if e.data != nil {
				e.data(c)
			}
		},
		close: func(c *server.Conn, err error) {
			if closes.Add(1) != 1 || opens.Load() != 1 {
				t.Error("OnClose more often than OnOpen")
			}
			reasons <- err
			if e.closed != nil {
				e.closed()
			}
		},
	}
	srv, addr := serve(t, h, cfg)
	peer, err := tryDial(t, addr)
	if err != nil && e.open == nil {
		t.Fatal(err)
	}
	c := next(t, conns)
	if e.open == nil {
		write(t, peer, "go")
		next(t, datas)
	}
	if e.outside != nil {
		e.outside(c)
	}
	if e.client != nil && peer != nil {
		e.client(peer)
	}
	e.checkReason(t, next(t, reasons), srv)
	if len(datas) != 0 {
		t.Error("OnData after the connection had begun to close")
	}
	if err := c.TrySend([]byte("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("TrySend after OnClose = %v, want net.ErrClosed", err)
	}
	if c.Close() == nil || c.Abort() == nil {
		t.Error("Close or Abort of a closed connection returned nil")
	}
}

func (e ending) checkReason(t *testing.T, err error, srv *server.Server) {
	t.Helper()
	if e.want == nil && err != nil || !errors.Is(err, e.want) {
		t.Errorf("OnClose(%v), want %v", err, e.want)
	}
	var p *server.PanicError
	if e.panics && e.want != nil && (!errors.As(err, &p) || p.Value != any(errHandler) || len(p.Stack) == 0) {
		t.Errorf("OnClose(%#v), want a PanicError", err)
	}
	if e.panics && e.want != nil && srv.Stats().Panics != 1 {
		t.Errorf("Panics = %d, want 1", srv.Stats().Panics)
	}
}

// A connection that can't be flushed in time is reset, and says so.
func TestCloseTimeoutWithUnsentData(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.CloseTimeout, cfg.SendQueueMax = 100*time.Millisecond, blockade
		conns, reasons := make(chan *server.Conn, 1), make(chan error, 1)
		_, addr := serve(t, calls{
			open:  func(c *server.Conn) { conns <- c },
			close: func(_ *server.Conn, err error) { reasons <- err },
		}, cfg)
		dial(t, addr)
		c := next(t, conns)
		block(t, c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := next(t, reasons); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("OnClose(%v), want os.ErrDeadlineExceeded", err)
		}
	})
}

// Callbacks of a connection must not overlap, whatever other goroutines do to
// it meanwhile.
func TestCallbacksAreSerialized(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const conns = 40
		ends := make(chan *trace, conns)
		guard := func(c *server.Conn, run func(tr *trace)) {
			tr := c.Data().(*trace)
			if !tr.busy.CompareAndSwap(false, true) {
				t.Error("callbacks overlap")
			}
			run(tr)
			tr.busy.Store(false)
		}
		_, addr := serve(t, calls{
			open: func(c *server.Conn) {
				c.SetData(&trace{})
				guard(c, func(*trace) { go meddle(c) })
			},
			data: func(c *server.Conn, data []byte) {
				guard(c, func(tr *trace) {
					tr.bytes += len(data)
					c.TrySend(data)
				})
			},
			close: func(c *server.Conn, _ error) {
				guard(c, func(tr *trace) { tr.closes++ })
				ends <- c.Data().(*trace)
			},
		}, cfg)
		for range conns {
			if peer, err := tryDial(t, addr); err == nil {
				go drain(peer)
				go flood(peer)
			}
		}
		for range conns {
			if tr := next(t, ends); tr.closes != 1 {
				t.Errorf("OnClose %d times", tr.closes)
			}
		}
	})
}

// trace is what the callbacks of one connection share without a lock.
type trace struct {
	busy   atomic.Bool
	bytes  int
	closes int
}

// meddle sends on a connection and then ends it, in one of three ways, while
// its callbacks run.
func meddle(c *server.Conn) {
	for range 200 {
		c.TrySend([]byte("from outside"))
	}
	switch c.ID() % 3 {
	case 0:
		c.Close()
	case 1:
		c.Abort()
	default:
		c.Close()
		c.Abort()
	}
}

func drain(peer *net.TCPConn) {
	buf := make([]byte, 4096)
	for {
		if _, err := peer.Read(buf); err != nil {
			peer.Close()
			return
		}
	}
}

func flood(peer *net.TCPConn) {
	for {
		if _, err := peer.Write([]byte("from the peer")); err != nil {
			return
		}
	}
}
