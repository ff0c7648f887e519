package iocp_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"iocp"
)

// An identity fills everything that one connection carries, so that a byte
// which strays to another is found.
type identity [8]byte

var lastIdentity struct {
	sync.Mutex
	n uint64
}

func newIdentity() (id identity) {
	lastIdentity.Lock()
	defer lastIdentity.Unlock()
	lastIdentity.n++
	// Odd multiples keep the low byte, too, from being the same in neighbours.
	binary.LittleEndian.PutUint64(id[:], lastIdentity.n*0x9e3779b97f4a7c15)
	return id
}

// stream is n bytes of it from an offset on.
func (id identity) stream(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = id[(from+i)%len(id)]
	}
	return b
}

// A mirror is the serving end of a connection: it learns the identity from
// the first bytes and sends back what it gets.
type mirror struct {
	sock *iocp.Socket
	mu   sync.Mutex
	id   identity
	seen int
}

// take checks received bytes.
func (m *mirror) take(b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range b {
		if at := m.seen % len(m.id); m.seen < len(m.id) {
			m.id[at] = c
		} else if m.id[at] != c {
			return fmt.Errorf("connection %x received %x at offset %d", m.id, c, m.seen)
		}
		m.seen++
	}
	return nil
}

// A mirrors is a port full of them.
type mirrors struct {
	t    *testing.T
	port *iocp.Port
	seed uint64
}

func (ms *mirrors) serve(rnd *rand.Rand) {
	w := ms.port.Worker()
	defer w.Close()
	dst := make([]iocp.Completion, 4)
	for {
		n, err := w.Wait(dst, iocp.Infinite)
		if err != nil {
			return
		}
		for _, c := range dst[:n] {
			if err := ms.handle(c, rnd); err != nil {
				ms.t.Error(err)
			}
			c.Buf.Release()
		}
	}
}

// handle goes on with a connection, or ends it with operations pending.
func (ms *mirrors) handle(c iocp.Completion, rnd *rand.Rand) error {
	if c.Socket != nil {
		m := &mirror{sock: c.Socket}
		if ms.port.Associate(m.sock, m) != nil || m.sock.RecvPooled(new(iocp.Op)) != nil {
			m.sock.Close()
		}
		return nil
	}
	m, ok := c.Key.(*mirror)
	if !ok || c.Buf == (iocp.Buf{}) {
		if ok && c.N == 0 {
			m.sock.Close()
		}
		return nil
	}
	if err := m.take(c.Buf.Bytes()); err != nil {
		return err
	}
	m.sock.Send(new(iocp.Op), append([]byte(nil), c.Buf.Bytes()...))
	m.sock.RecvPooled(new(iocp.Op))
	switch rnd.IntN(20) {
	case 0:
		m.sock.Close()
	case 1:
		m.sock.Abort()
	case 2:
		m.sock.CancelAll()
		m.sock.Close()
	}
	return nil
}

// visit opens a connection, carries some bytes, and closes it at any moment.
func visit(addr string, rnd *rand.Rand) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(bound))
	if rnd.IntN(3) == 0 {
		conn.(*net.TCPConn).SetLinger(0)
	}
	id, at := newIdentity(), 0
	for range rnd.IntN(20) {
		n := 1 + rnd.IntN(2000)
		want := id.stream(at, n)
		at += n
		if _, err := conn.Write(want); err != nil {
			return nil // the mirror may have closed
		}
		if rnd.IntN(10) == 0 {
			return nil
		}
		got := make([]byte, n)
		k, err := io.ReadFull(conn, got)
		if string(got[:k]) != string(want[:k]) {
			return fmt.Errorf("connection %x received % x", id, got[:k])
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("connection %x: %d of %d bytes came back", id, k, n)
		}
		if err != nil {
			return nil
		}
	}
	return nil
}

// Descriptors are opened and closed with operations pending, so that their
// numbers are given out again at once: nothing strays to the new owner.
func TestReusedDescriptorsCarryTheirOwn(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, BufferSize: 700, BuffersMax: 64})
		ms := &mirrors{t: t, port: s.port, seed: s.seed}
		check(t, s.listeners[0].AcceptMany(new(iocp.Op)))
		var workers, visitors sync.WaitGroup
		for i := range uint64(3) {
			workers.Go(func() { ms.serve(rand.New(rand.NewPCG(ms.seed, i))) })
		}
		end := time.Now().Add(1500 * time.Millisecond)
		for i := range uint64(8) {
			visitors.Go(func() {
				rnd := rand.New(rand.NewPCG(ms.seed, 100+i))
				for time.Now().Before(end) && !t.Failed() {
					if err := visit(s.addr.String(), rnd); err != nil {
						t.Error(err)
					}
				}
			})
		}
		within(t, "the visitors", s.port, inBackground(visitors.Wait))
		within(t, "Close", s.port, inBackground(func() { s.port.Close() }))
		within(t, "Wait after Close", s.port, inBackground(workers.Wait))
	})
}
