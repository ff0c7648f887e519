//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"iocp/bench/internal/loadgen"
)

// conn is one connection. Positions count bytes of its stream.
type conn struct {
	fd       int
	id       int
	want     uint64 // to be sent so far
	sent     uint64
	received uint64
	next     uint64 // where the message that is expected next ends
	starts   times  // when the messages on their way were started
	blocked  bool   // waiting for room to send
}

// times is a queue of points in time that grows as needed.
type times struct {
	ring  []time.Duration
	first int
	count int
}

func (q *times) push(t time.Duration) {
	if q.count == len(q.ring) {
		grown := make([]time.Duration, max(1, 2*len(q.ring)))
		for i := range q.count {
			grown[i] = q.ring[(q.first+i)%len(q.ring)]
		}
		q.ring, q.first = grown, 0
	}
	q.ring[(q.first+q.count)%len(q.ring)] = t
	q.count++
}

func (q *times) pop() time.Duration {
	t := q.ring[q.first]
	q.first = (q.first + 1) % len(q.ring)
	q.count--
	return t
}

// connectAtOnce bounds the connections that wait for the server to accept
// them, since a short backlog costs a second each time it overflows.
const connectAtOnce = 32

// connect makes all connections, and has one echo on each, so that all are
// accepted and the server has its memory for them.
func connect(loops []*loop, addr netip.AddrPort, cfg config) error {
	for id := 0; id < cfg.conns; id += connectAtOnce {
		var some []*conn
		for i := id; i < min(id+connectAtOnce, cfg.conns); i++ {
			fd, err := loadgen.Dial(addr)
			if err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
			some = append(some, &conn{fd: fd, id: i})
		}
		for _, c := range some {
			if err := c.probe(cfg.size); err != nil {
				return fmt.Errorf("connection %d: %w", c.id, err)
			}
			if err := loops[c.id%len(loops)].adopt(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// probe has one message echoed, on a socket that still blocks.
func (c *conn) probe(size int) error {
	for c.want += uint64(size); c.received < c.want; {
		if c.sent < c.want {
			n, err := unix.Write(c.fd, piece(c.id, c.sent, min(c.want-c.sent, 32<<10)))
			if err != nil {
				return err
			}
			c.sent += uint64(n)
		}
		if err := c.check(make([]byte, 32<<10)); err != nil {
			return err
		}
	}
	c.next = c.want + uint64(size)
	return unix.SetNonblock(c.fd, true)
}

var errCorrupt = errors.New("what came back isn't what was sent")

// check receives into buf and compares.
func (c *conn) check(buf []byte) error {
	n, err := loadgen.Read(c.fd, buf)
	if err != nil {
		return err
	}
	if n == 0 {
		return io.ErrUnexpectedEOF
	}
	if c.received+uint64(n) > c.sent || !bytes.Equal(buf[:n], piece(c.id, c.received, uint64(n))) {
		return errCorrupt
	}
	c.received += uint64(n)
	return nil
}
