package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"iocp"
	"iocp/cmd/iocp/internal/dial"
)

const (
	connectMax  = 10 * time.Second       // without any connection coming about
	connectLook = 100 * time.Millisecond // for an interrupt meanwhile
	connectMany = 128                    // attempts at a time
)

// connect makes the connections that the worker's part wants.
func (w *worker) connect(ctx context.Context) error {
	clients := w.part.clients()
	begun, last := 0, time.Now()
	for w.alive < len(clients) {
		for begun < len(clients) && begun-w.alive < connectMany {
			if err := w.dial(clients[begun]); err != nil {
				return err
			}
			begun++
		}
		n, err := w.waiter.Wait(w.batch[:], connectLook)
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted before all connections were made")
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Since(last) > connectMax:
			return fmt.Errorf("only %d of the connections to %s were made, then none for %v: see what holds the server up", w.alive, hostPort(w.run.target), connectMax)
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case n > 0:
			last = time.Now()
		}
		for _, done := range w.batch[:n] {
			if err := w.connected(&done); err != nil {
				return err
			}
		}
		w.run.connecting()
	}
	return nil
}

// dial starts to connect a client, from the address that is its own.
func (w *worker) dial(c client) error {
	target := w.run.target
	sock, err := w.port.NewSocket(iocp.FamilyOf(target.Addr()))
	if err != nil {
		return fmt.Errorf("can't have %d connections: %w", w.run.cfg.Conns, err)
	}
	l := c.base()
	l.sock, l.dead, l.sending, l.sent, l.got = sock, false, false, 0, 0
	err = w.port.Associate(sock, c)
	if err == nil {
		err = w.run.sources.bind(sock, l.id)
	}
	if err == nil {
		err = w.run.explainConnect(sock.Connect(&l.send, target))
	}
	if err != nil {
		sock.Close()
	}
	return err
}

// connected takes a connection as made. Nagle's algorithm would hold messages
// back that are smaller than a segment (RFC 9293, 3.7.4).
func (w *worker) connected(done *iocp.Completion) error {
	if done.Err != nil {
		return w.run.explainConnect(done.Err)
	}
	w.alive++
	return done.Key.(client).base().sock.NoDelay(true)
}

// explainConnect says what to do about a connection that can't be made.
func (r *run) explainConnect(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, iocp.ErrAddrNotAvail) || errors.Is(err, iocp.ErrAddrInUse) {
		return fmt.Errorf("no port is left to connect from: %w: give more --sources, or wait a minute for old connections to be forgotten", plain(err))
	}
	return dial.Explain(r.target, err)
}
