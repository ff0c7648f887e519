package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"iocp"
	"iocp/server"
)

func TestShutdownFlushesThenEndsTheStream(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = 2 * blockade
		reasons := make(chan error, 1)
		srv, c, peer := connect(t, cfg, calls{close: func(_ *server.Conn, err error) { reasons <- err }})
		total := block(t, c)
		if err := c.TrySend([]byte("goodbye\n")); err != nil {
			t.Error(err)
		}
		done := make(chan error, 1)
		go func() { done <- srv.Shutdown(context.Background()) }()
		skipBlockade(t, peer, total)
		expect(t, peer, "goodbye\n")
		expectEnd(t, peer)
		peer.Close()
		if err := next(t, done); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := next(t, reasons); !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("OnClose(%v), want ErrServerClosed", err)
		}
		if _, err := net.Dial("tcp", srv.Addr().String()); err == nil {
			t.Error("a connect after Shutdown succeeded")
		}
	})
}

func TestShutdownAbortsWhatIsLeftWhenItsContextEnds(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = blockade
		reasons := make(chan error, 1)
		srv, c, peer := connect(t, cfg, calls{close: func(_ *server.Conn, err error) { reasons <- err }})
		total := block(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown = %v, want context.Canceled", err)
		}
		if err := next(t, reasons); !errors.Is(err, net.ErrClosed) {
			t.Errorf("OnClose(%v), want net.ErrClosed", err)
		}
		// Whether the peer sees a reset is porttest's to check: Wine ends the
		// stream instead. It must not get everything as if nothing were wrong.
		if n, _ := io.Copy(io.Discard, peer); n >= total {
			t.Errorf("the peer got %d bytes, all there was", n)
		}
	})
}

// A callback that doesn't return can't be waited for; Shutdown says so when its
// time is up, and the rest follows when the callback returns.
func TestShutdownDoesNotWaitForeverForACallback(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.CloseTimeout = 1
		stuck, release := make(chan struct{}), make(chan struct{})
		srv, _, peer := connect(t, cfg, calls{data: func(*server.Conn, []byte) {
			close(stuck)
			<-release
		}})
		write(t, peer, "x")
		next(t, stuck)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := srv.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown = %v, want context.Canceled", err)
		}
		close(release)
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("second Shutdown = %v", err)
		}
	})
}

func TestShutdownOfAServerThatNeverServed(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		srv, err := server.New(server.NopHandler{}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ln, err := srv.Listen(loopback)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		for range 2 {
			if err := srv.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown = %v", err)
			}
		}
		if err := srv.Serve(ln); err == nil {
			t.Error("Serve after Shutdown returned nil")
		}
	})
}

func TestServeEndsWithItsListener(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		srv, _ := serve(t, echo(t), cfg)
		ln, err := srv.Listen(loopback)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(ln) }()
		c := dial(t, ln.Addr())
		write(t, c, "both")
		expect(t, c, "both")
		ln.Close()
		if err := next(t, served); !errors.Is(err, net.ErrClosed) || errors.Is(err, server.ErrServerClosed) {
			t.Errorf("Serve = %v, want net.ErrClosed", err)
		}
		write(t, c, "on")
		expect(t, c, "on")
	})
}

// A server on a port that was given to it leaves that port open.
func TestPortOfTheCaller(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		port, err := iocp.New(cfg.PortConfig)
		if err != nil {
			t.Fatal(err)
		}
		defer port.Close()
		cfg.Port = port
		srv, c, peer := connect(t, cfg, calls{})
		if srv.Port() != port {
			t.Error("Port is another")
		}
		c.TrySend([]byte("x"))
		expect(t, peer, "x")
		peer.Close()
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := port.Post(nil, 1, "still open"); err != nil {
			t.Errorf("Post = %v", err)
		}
		w := port.Worker()
		defer w.Close()
		var got [1]iocp.Completion
		if n, err := w.Wait(got[:], bound); n != 1 || err != nil || got[0].Key != any("still open") {
			t.Errorf("Wait = %d, %v", n, err)
		}
	})
}

// A port that is closed under a server ends its connections and its Serve, and
// a callback that sends meanwhile doesn't change that.
func TestPortClosedUnderTheServer(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		port, err := iocp.New(cfg.PortConfig)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Port = port
		received, proceed, reasons := make(chan struct{}), make(chan struct{}), make(chan error, 2)
		opened := make(chan struct{}, 2)
		srv, err := server.New(calls{
			open: func(*server.Conn) { opened <- struct{}{} },
			data: func(c *server.Conn, data []byte) {
				close(received)
				<-proceed
				c.TrySend(data)
			},
			close: func(_ *server.Conn, err error) { reasons <- err },
		}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ln, err := srv.Listen(loopback)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(ln) }()
		dial(t, ln.Addr())
		write(t, dial(t, ln.Addr()), "x")
		next(t, opened)
		next(t, opened)
		next(t, received)
		port.Close()
		close(proceed)
		for range cap(reasons) {
			if err := next(t, reasons); !errors.Is(err, net.ErrClosed) {
				t.Errorf("OnClose(%v), want net.ErrClosed", err)
			}
		}
		if err := next(t, served); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve = %v, want net.ErrClosed", err)
		}
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
	})
}
