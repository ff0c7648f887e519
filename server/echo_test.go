package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"iocp/server"
)

// echo answers with what it gets. That TrySend never meets the bound here is
// part of what is tested: it aborts if it does.
func echo(t *testing.T) calls {
	return calls{data: func(c *server.Conn, data []byte) {
		if err := c.TrySend(data); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("TrySend = %v", err)
			c.Abort()
		}
	}}
}

func TestEchoKeepsEveryByteInOrder(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		h := echo(t)
		closes := make(chan error, 64)
		h.close = func(_ *server.Conn, err error) { closes <- err }
		_, addr := serve(t, h, cfg)
		var clients sync.WaitGroup
		for i := range cap(closes) {
			c := dial(t, addr)
			clients.Go(func() { roundTrip(t, c, uint64(i), 200_000) })
		}
		clients.Wait()
		for range cap(closes) {
			if err := next(t, closes); err != nil {
				t.Errorf("OnClose(%v), want nil", err)
			}
		}
	})
}

// roundTrip sends size random bytes in pieces of random lengths, ends its side
// of the stream, and checks what comes back.
func roundTrip(t *testing.T, c *net.TCPConn, seed uint64, size int) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(rnd.Uint32())
	}
	go func() {
		for rest := sent; len(rest) > 0; {
			n := min(1+rnd.IntN(5000), len(rest))
			if _, err := c.Write(rest[:n]); err != nil {
				t.Error(err)
				break
			}
			rest = rest[n:]
		}
		c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes back, %v; want the %d that were sent", len(got), err, size)
	}
}

// A peer that sends without reading isn't read from when its queue is half
// full, and gets everything when it reads at last.
func TestPeerThatDoesNotReadIsNotReadFrom(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = 64 << 10
		h := echo(t)
		answer, full := h.data, make(chan struct{}, 1)
		h.data = func(c *server.Conn, data []byte) {
			answer(c, data)
			if c.Queued() > cfg.SendQueueMax/2 {
				select {
				case full <- struct{}{}:
				default:
				}
			}
		}
		_, addr := serve(t, h, cfg)
		c := dial(t, addr)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
		go func() {
			c.Write(sent)
			c.CloseWrite()
		}()
		next(t, full)
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("got %d bytes back, %v; want %d", len(got), err, len(sent))
		}
	})
}

// The textbook chat server loses everything when so many connect at once.
func TestBurstOfConnectsIsServed(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const members = 101
		room := make(chan *server.Conn, members)
		_, addr := serve(t, calls{open: func(c *server.Conn) { room <- c }}, cfg)
		clients := make([]*net.TCPConn, members)
		for i := range clients {
			clients[i] = dial(t, addr)
		}
		s := server.Share([]byte("[kim] hello\n"))
		defer s.Release()
		for range members {
			if err := next(t, room).TrySendShared(s); err != nil {
				t.Error(err)
			}
		}
		for _, c := range clients {
			expect(t, c, "[kim] hello\n")
		}
	})
}

func TestStuckHandlerStopsNobodyElse(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.Workers = 2
		h := echo(t)
		answer, stuck, release := h.data, make(chan struct{}), make(chan struct{})
		h.data = func(c *server.Conn, data []byte) {
			if string(data) == "stuck" {
				close(stuck)
				<-release
			}
			answer(c, data)
		}
		_, addr := serve(t, h, cfg)
		held, other := dial(t, addr), dial(t, addr)
		write(t, held, "stuck")
		next(t, stuck)
		for range 100 {
			write(t, other, "alive")
			expect(t, other, "alive")
		}
		late := dial(t, addr)
		write(t, late, "late")
		expect(t, late, "late")
		close(release)
		expect(t, held, "stuck")
	})
}

func TestConnsMaxResetsTheExcess(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.ConnsMax = 2
		srv, addr := serve(t, echo(t), cfg)
		for range cfg.ConnsMax {
			c := dial(t, addr)
			write(t, c, "in")
			expect(t, c, "in")
		}
		if c, err := tryDial(t, addr); err == nil {
			if n, err := c.Read(make([]byte, 1)); err == nil {
				t.Errorf("the third connection got %d bytes", n)
			}
		}
		if st := srv.Stats(); st.Refused != 1 || st.Open != 2 || st.Accepted != 2 {
			t.Errorf("Refused, Open, Accepted = %d, %d, %d; want 1, 2, 2", st.Refused, st.Open, st.Accepted)
		}
	})
}

func TestConnKnowsItself(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		conns := make(chan *server.Conn, 2)
		h := calls{
			open: func(c *server.Conn) { c.SetData(c.ID()) },
			data: func(c *server.Conn, _ []byte) { conns <- c },
		}
		srv, addr := serve(t, h, cfg)
		seen := map[uint64]bool{}
		for range 2 {
			client := dial(t, addr)
			write(t, client, "x")
			c := next(t, conns)
			if c.Data() != any(c.ID()) || seen[c.ID()] {
				t.Errorf("Data = %v, ID = %d", c.Data(), c.ID())
			}
			seen[c.ID()] = true
			if c.RemoteAddr().String() != client.LocalAddr().String() || c.LocalAddr() != srv.Addr() || c.Server() != srv {
				t.Errorf("remote %v, local %v, want %v, %v", c.RemoteAddr(), c.LocalAddr(), client.LocalAddr(), srv.Addr())
			}
		}
	})
}

func TestNewRefusesNegativeLimits(t *testing.T) {
	for _, cfg := range []server.Config{{Workers: -1}, {SendQueueMax: -1}, {ConnsMax: -1}, {CloseTimeout: -1}} {
		if srv, err := server.New(server.NopHandler{}, cfg); err == nil {
			t.Errorf("New accepted %+v", cfg)
			srv.Shutdown(context.Background())
		}
	}
}
