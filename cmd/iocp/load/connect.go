package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
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

// connect makes the worker's connections.
func (w *worker) connect(ctx context.Context, target netip.AddrPort) error {
	begun, last := 0, time.Now()
	for w.alive < len(w.conns) {
		for begun < len(w.conns) && begun-w.alive < connectMany {
			if err := w.begins(w.conns[begun], target); err != nil {
				return err
			}
			begun++
		}
		n, err := w.waiter.Wait(w.batch[:], connectLook)
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted before all connections were made")
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Since(last) > connectMax:
			return fmt.Errorf("only %d of the connections to %s were made, then none for %v: see what holds the server up", w.alive, hostPort(target), connectMax)
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case n > 0:
			last = time.Now()
		}
		for _, done := range w.batch[:n] {
			if err := w.connected(done, target); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *worker) begins(c *conn, target netip.AddrPort) error {
	sock, err := w.port.NewSocket(iocp.FamilyOf(target.Addr()))
	if err != nil {
		return fmt.Errorf("can't have %d connections: %w", w.run.cfg.Conns, err)
	}
	c.sock = sock
	if err := w.port.Associate(sock, c); err != nil {
		return err
	}
	return sock.Connect(&c.send, target)
}

// connected takes a connection as made. Nagle's algorithm would hold messages
// back that are smaller than a segment (RFC 9293, 3.7.4).
func (w *worker) connected(done iocp.Completion, target netip.AddrPort) error {
	if done.Err != nil {
		return dial.Explain(target, done.Err)
	}
	w.alive++
	return done.Key.(*conn).sock.NoDelay(true)
}
