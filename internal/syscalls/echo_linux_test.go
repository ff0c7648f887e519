//go:build race

package syscalls

import (
	"net/netip"
	"testing"

	"iocp"
)

// echo is an echo server on a port with one worker, which works as package
// server does: a receive that holds no buffer is always pending, and what it
// brings is sent back from the buffer it came in.
type echo struct {
	t        *testing.T
	port     *iocp.Port
	worker   *iocp.Worker
	packets  []iocp.Completion // what the worker takes at a time
	conns    []*conn
	answered int // messages
}

type conn struct {
	sock       *iocp.Socket
	recv, send iocp.Op
	buf        iocp.Buf // being sent
}

// newEcho makes a server with connections from a peer.
func newEcho(t *testing.T, backend string, conns, batch int) (*echo, *peer) {
	t.Helper()
	port, err := iocp.New(iocp.Config{Backend: backend, Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{t: t, port: port, worker: port.Worker(), packets: make([]iocp.Completion, batch)}
	t.Cleanup(e.close)
	ln, err := port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
	e.must(err)
	e.must(port.Associate(ln, nil))
	var accept iocp.Op
	e.must(ln.AcceptMany(&accept))
	p := startPeer(t, ln.Addr(), conns)
	for len(e.conns) < conns {
		e.step()
	}
	e.must(ln.Close())
	p.done()
	return e, p
}

func (e *echo) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *echo) close() {
	e.worker.Close()
	if err := e.port.Close(); err != nil {
		e.t.Error(err)
	}
}

// step handles what one Wait brings.
func (e *echo) step() {
	e.t.Helper()
	n, err := e.worker.Wait(e.packets, bound)
	e.must(err)
	for i := range n {
		e.handle(&e.packets[i])
	}
	clear(e.packets)
}

func (e *echo) handle(packet *iocp.Completion) {
	e.t.Helper()
	c, _ := packet.Key.(*conn)
	switch {
	case c == nil && packet.Socket != nil:
		e.open(packet.Socket)
	case c == nil: // the listener was closed
	case packet.Err != nil || packet.N != messageLen:
		e.t.Fatalf("%d bytes, %v", packet.N, packet.Err)
	case packet.Op == &c.recv:
		c.buf = packet.Buf
		e.must(c.sock.Send(&c.send, c.buf.Bytes()))
		e.must(c.sock.RecvPooled(&c.recv))
	default:
		c.buf.Release()
		e.answered++
	}
}

func (e *echo) open(sock *iocp.Socket) {
	c := &conn{sock: sock}
	e.must(e.port.Associate(sock, c))
	e.must(sock.RecvPooled(&c.recv))
	e.conns = append(e.conns, c)
}

// round answers a message on every connection, which the peer sends before it
// or, with waiting, meanwhile.
func (e *echo) round(p *peer, waiting bool) {
	e.t.Helper()
	p.order('w')
	if !waiting {
		p.done()
	}
	for until := e.answered + len(e.conns); e.answered < until; {
		e.step()
	}
	if waiting {
		p.done()
	}
	p.order('r')
	p.done()
}
