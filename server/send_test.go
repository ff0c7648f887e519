package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"iocp/server"
)

// connect opens one connection and returns both ends of it. The peer buffers
// little of what it doesn't read.
func connect(t *testing.T, cfg server.Config, h calls) (*server.Server, *server.Conn, *net.TCPConn) {
	t.Helper()
	conns := make(chan *server.Conn, 16)
	h.open = func(c *server.Conn) { conns <- c }
	srv, addr := serve(t, h, cfg)
	peer := dial(t, addr)
	if err := peer.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	return srv, next(t, conns), peer
}

func TestQueueIsBoundedAndOthersAreServed(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const size = 30_000
		cfg.SendQueueMax = blockade + 3*size
		srv, slow, _ := connect(t, cfg, echo(t))
		block(t, slow)
		for range 3 {
			if err := slow.TrySend(make([]byte, size)); err != nil {
				t.Errorf("TrySend with room left = %v", err)
			}
		}
		if err := slow.TrySend(make([]byte, size)); !errors.Is(err, server.ErrQueueFull) {
			t.Errorf("TrySend at the bound = %v, want ErrQueueFull", err)
		}
		if st := srv.Stats(); st.QueueFull != 1 || st.Queued != blockade+3*size || slow.Queued() != st.Queued {
			t.Errorf("QueueFull = %d, Queued = %d, %d", st.QueueFull, st.Queued, slow.Queued())
		}
		other := dial(t, srv.Addr())
		for range 20 {
			write(t, other, "not me")
			expect(t, other, "not me")
		}
		slow.Abort()
	})
}

func TestEmptyMessageIsNoMessage(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		_, c, peer := connect(t, cfg, calls{})
		if err := c.TrySend(nil); err != nil || c.Queued() != 0 {
			t.Errorf("TrySend(nil) = %v, Queued = %d", err, c.Queued())
		}
		c.TrySend([]byte("x"))
		expect(t, peer, "x")
		peer.Close()
	})
}

// What is queued behind a send leaves in few further ones.
func TestQueuedMessagesLeaveTogether(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const messages, size = 120, 10
		cfg.SendQueueMax = 2 * blockade
		srv, c, peer := connect(t, cfg, calls{})
		total := block(t, c)
		s := server.Share(bytes.Repeat([]byte{'s'}, size))
		defer s.Release()
		for range messages {
			if err := errors.Join(c.TrySendShared(s), c.TrySend(bytes.Repeat([]byte{'c'}, size))); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		skipBlockade(t, peer, total)
		expect(t, peer, strings.Repeat("sssssssssscccccccccc", messages))
		expectEnd(t, peer)
		if n := srv.Stats().Sends; n > 3+2*messages/64+1 {
			t.Errorf("%d sends for a blockade and %d messages", n, 2*messages)
		}
		peer.Close()
	})
}

// But not in one: the first bytes of it would wait for the last.
func TestOneSendGathersNoMoreThanItMay(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const messages, size = 20, 40 << 10 // two are more than a send may gather
		cfg.SendQueueMax = blockade + messages*size
		srv, c, peer := connect(t, cfg, calls{})
		total := block(t, c)
		s := server.Share(make([]byte, size))
		defer s.Release()
		for range messages {
			if err := c.TrySendShared(s); err != nil {
				t.Fatal(err)
			}
		}
		before := srv.Stats().Sends // what is left of the blockade is still under way
		skipBlockade(t, peer, total+messages*size)
		awaitNothingQueued(t, srv)
		if n := srv.Stats().Sends - before; n <= messages {
			t.Errorf("%d sends for what was left of a blockade and %d messages of %d bytes", n, messages, size)
		}
	})
}

func TestSendWaitsForRoom(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = blockade
		_, c, peer := connect(t, cfg, calls{})
		total := block(t, c)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), []byte("at last")) }()
		skipBlockade(t, peer, total)
		expect(t, peer, "at last")
		if err := next(t, sent); err != nil {
			t.Errorf("Send = %v", err)
		}
	})
}

// A Send that gives up has queued nothing, and neither has one whose
// connection ends.
func TestSendThatWaitsCanEnd(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = blockade
		_, c, peer := connect(t, cfg, calls{})
		total := block(t, c)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for range 2 {
			if err := c.Send(ctx, []byte("never")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Send = %v, want context.DeadlineExceeded", err)
			}
		}

		const waiting = 3
		s := server.Share([]byte("never"))
		defer s.Release()
		ended := make(chan error, waiting)
		for range waiting {
			send := watch(t)
			go func() { ended <- c.SendShared(send, s) }()
			next(t, send.waits)
		}
		c.Close()
		for range waiting {
			if err := next(t, ended); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send = %v, want net.ErrClosed", err)
			}
		}
		skipBlockade(t, peer, total)
		expectEnd(t, peer)
		peer.Close()
	})
}

// watched is a context that tells when a Send has begun to wait.
type watched struct {
	context.Context
	waits chan struct{}
}

func watch(t *testing.T) watched { return watched{t.Context(), make(chan struct{}, 1)} }

// Done is asked for by a Send whose turn will come.
func (w watched) Done() <-chan struct{} {
	w.waits <- struct{}{}
	return w.Context.Done()
}

// What is small enough to fit must not overtake a Send that waits.
func TestSendThatWaitsIsNotOvertaken(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = blockade
		_, c, peer := connect(t, cfg, calls{})
		total := block(t, c)
		sent := make(chan error, 2)
		send := watch(t)
		go func() { sent <- c.Send(send, []byte("first")) }()
		next(t, send.waits)
		if err := c.TrySend([]byte("2")); !errors.Is(err, server.ErrQueueFull) {
			t.Errorf("TrySend = %v, want ErrQueueFull", err)
		}
		go func() { sent <- c.Send(t.Context(), []byte("2")) }()
		skipBlockade(t, peer, total)
		expect(t, peer, "first2")
		for range cap(sent) {
			if err := next(t, sent); err != nil {
				t.Errorf("Send = %v", err)
			}
		}
	})
}

// Sends of several goroutines that wait all get through, whole.
func TestSendsThatWaitAreNotMixed(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.SendQueueMax = 20_000
		const senders, messages, size = 8, 40, 7_000
		_, c, peer := connect(t, cfg, calls{})
		results := make(chan error, senders)
		for i := range senders {
			go func() {
				var err error
				for range messages {
					err = errors.Join(err, c.Send(t.Context(), bytes.Repeat([]byte{byte('a' + i)}, size)))
				}
				results <- err
			}()
		}
		for range senders * messages {
			got := make([]byte, size)
			if _, err := io.ReadFull(peer, got); err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(got, got[:1]); n != size {
				t.Fatalf("a message of %q has %d bytes of it", got[0], n)
			}
		}
		for range senders {
			if err := next(t, results); err != nil {
				t.Error(err)
			}
		}
	})
}
