package porttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"

	"iocp"
)

// The loopback addresses, with ports that the system chooses.
var (
	loopback4 = netip.MustParseAddrPort("127.0.0.1:0")
	loopback6 = netip.MustParseAddrPort("[::1]:0")
)

// needIPv6 skips the clause where there is none.
func (t *trial) needIPv6() {
	t.Helper()
	ln, err := t.foreignNet().listen(loopback6)
	if err != nil {
		t.Skipf("capability: no IPv6 on the loopback interface: %v", err)
	}
	ln.Close()
}

// A peer is the foreign end of a connection.
type peer struct {
	t *trial
	peerConn
}

func (t *trial) newPeer(conn peerConn) *peer {
	t.Helper()
	t.foreign = append(t.foreign, conn)
	t.must(conn.SetDeadline(t.deadline))
	return &peer{t, conn}
}

// pair connects a new socket, associated under key, to a foreign peer.
func (d *fixture) pair(key any) (*iocp.Socket, *peer) {
	d.t.Helper()
	s := d.socket(key)
	ln := d.t.foreignListener(loopback4)
	var op iocp.Op
	d.t.connect(s, &op, addrOf(ln.Addr()))
	d.expect(packet{op: &op, key: key})
	return s, d.t.foreignAccept(ln)
}

// socket makes a socket and associates it.
func (d *fixture) socket(key any) *iocp.Socket {
	d.t.Helper()
	s := d.loose(iocp.IPv4)
	d.t.must(d.port.Associate(s, key))
	return s
}

// loose makes a socket without a port.
func (d *fixture) loose(f iocp.Family) *iocp.Socket {
	d.t.Helper()
	s, err := d.port.NewSocket(f)
	d.t.must(err)
	d.t.own(s)
	return s
}

// listener makes a listener and associates it.
func (d *fixture) listener(key any) *iocp.Listener {
	d.t.Helper()
	l := d.looseListener(loopback4)
	d.t.must(d.port.Associate(l, key))
	return l
}

// looseListener makes a listener without a port.
func (d *fixture) looseListener(at netip.AddrPort) *iocp.Listener {
	d.t.Helper()
	l, err := d.port.Listen(at, iocp.ListenConfig{})
	d.t.must(err)
	d.t.own(l)
	return l
}

// foreignListener listens on the foreign side.
func (t *trial) foreignListener(at netip.AddrPort) peerListener {
	t.Helper()
	ln, err := t.foreignNet().listen(at)
	t.must(err)
	t.foreign = append(t.foreign, ln)
	t.must(ln.SetDeadline(t.deadline))
	return ln
}

// foreignAccept takes one connection and closes the listener.
func (t *trial) foreignAccept(ln peerListener) *peer {
	t.Helper()
	conn, err := ln.Accept()
	t.must(err)
	ln.Close()
	return t.newPeer(conn.(peerConn))
}

// dial connects a peer to a listener of ours.
func (t *trial) dial(to netip.AddrPort) *peer {
	t.Helper()
	conn, err := t.tryDial(to)
	t.must(err)
	return t.newPeer(conn)
}

func (t *trial) tryDial(to netip.AddrPort) (peerConn, error) {
	return t.foreignNet().dial(netip.AddrPort{}, to, t.deadline)
}

// local is the peer's own address.
func (p *peer) local() netip.AddrPort { return addrOf(p.LocalAddr()) }

func addrOf(a net.Addr) netip.AddrPort {
	ap := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	_, err := p.Write(b)
	p.t.must(err)
}

// reads checks that what the peer receives next is want.
func (p *peer) reads(want []byte) {
	p.t.Helper()
	p.t.must(p.verify(want))
}

// verify is reads for goroutines.
func (p *peer) verify(want []byte) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(p, got)
	if err != nil {
		return fmt.Errorf("peer received %d bytes of %d, then: %w", n, len(want), err)
	}
	return compare(got, want)
}

// readsEnd checks that the peer receives the end of the stream next.
func (p *peer) readsEnd() {
	p.t.Helper()
	n, err := p.Read(make([]byte, 1))
	if n != 0 || err != io.EOF {
		p.t.Fatalf("peer received %d bytes and %v, want the end of the stream", n, err)
	}
}

// A peerEnd is how a peer's connection will have ended.
type peerEnd struct{ *future[error] }

// readingEnd has the peer receive until its connection ends. Wine 8 tells of a
// reset only whoever waits for something at the time, and makes it the end of
// the stream for a later receive, so time is given for it to wait.
func (t *trial) readingEnd(p *peer) peerEnd {
	t.Helper()
	reading := background(t, "the peer receiving the end", func() (error, error) {
		_, err := io.Copy(io.Discard, p)
		return err, nil
	})
	t.quiet()
	return peerEnd{reading}
}

// isReset checks that the end was a reset.
func (e peerEnd) isReset() {
	e.t.Helper()
	if err := e.must(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		e.t.Fatalf("the peer's connection ended with %v, want a reset", err)
	}
}

// finish sends the end of the stream.
func (p *peer) finish() {
	p.t.Helper()
	p.t.must(p.CloseWrite())
}

// reset closes the connection with a reset, whatever was sent on it.
func (p *peer) reset() {
	p.t.Helper()
	p.t.must(p.SetLinger(0))
	p.t.must(p.Close())
}

// compare says where two byte strings part.
func compare(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	return fmt.Errorf("%d bytes, want %d; the first %d are right, then %x, want %x",
		len(got), len(want), i, head(got[i:]), head(want[i:]))
}

func head(b []byte) []byte { return b[:min(len(b), 16)] }

// pattern makes bytes in which a piece that is lost, doubled or out of place
// shows: no two pieces of some length are alike.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223 // a linear congruential generator's step
		b[i] = byte(x >> 24)
	}
	return b
}
