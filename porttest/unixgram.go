package porttest

import (
	"errors"
	"fmt"
	"os"

	"iocp"
)

// Datagrams over Unix sockets.

func (t *trial) unixDatagram(key any, path string) *iocp.Datagram {
	t.Helper()
	t.needUnix("unixgram")
	d, err := t.port.NewUnixDatagram(path)
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
	t.own(d)
	t.must(t.port.Associate(d, key))
	return d
}

// unixMailbox is a foreign socket at a new path, connected to a socket of ours.
func (t *trial) unixMailbox(to *iocp.Datagram) (unixgramConn, string) {
	t.Helper()
	path := t.unixPath()
	conn, err := t.foreignNet().unixgram(path, to.Path())
	t.must(err)
	t.foreign = append(t.foreign, conn)
	t.must(conn.SetDeadline(t.deadline))
	return conn, path
}

func (t *trial) sendToUnix(d *iocp.Datagram, op *iocp.Op, to string, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return d.SendToUnix(op, to, bufs...) })
}

func unixgramOrder(t *trial) {
	d := t.unixDatagram("socket", t.unixPath())
	peer, path := t.unixMailbox(d)
	var ops [4]iocp.Op
	bufs := make([][]byte, len(ops))
	for i := range ops {
		bufs[i] = make([]byte, 8)
		t.recvFrom(d, &ops[i], bufs[i])
	}
	for i, msg := range []string{"a", "bcd", "", "ef"} {
		_, err := peer.Write([]byte(msg))
		t.must(err)
		c := t.expect(packet{op: &ops[i], key: "socket", n: len(msg)})
		t.must(compare(bufs[i][:c.N], []byte(msg)))
		if c.FromPath != path || c.From.IsValid() {
			t.Errorf("the datagram is from %q %v, want %q", c.FromPath, c.From, path)
		}
	}
	t.sendToUnix(d, &ops[0], path, []byte("ans"), []byte("wer"))
	t.expect(packet{op: &ops[0], key: "socket", n: 6})
	buf := make([]byte, 16)
	n, from, err := peer.ReadFrom(buf)
	t.must(err)
	if string(buf[:n]) != "answer" || from.String() != d.Path() {
		t.Errorf("the peer got %q from %v", buf[:n], from)
	}
}

// unixgramNameless has a sender without a path.
func unixgramNameless(t *trial) {
	d, nameless := t.unixDatagram("socket", t.unixPath()), t.unixDatagram("nameless", "")
	var op, send iocp.Op
	t.sendToUnix(nameless, &send, d.Path(), []byte("hello"))
	t.expect(packet{op: &send, key: "nameless", n: 5})
	t.recvFrom(d, &op, make([]byte, 8))
	c := t.expect(packet{op: &op, key: "socket", n: 5})
	if c.FromPath != "" || c.From.IsValid() || nameless.Path() != "" {
		t.Errorf("the datagram is from %q %v, and the sender at %q; want nothing", c.FromPath, c.From, nameless.Path())
	}
}

func unixgramTruncated(t *trial) {
	d := t.unixDatagram("socket", t.unixPath())
	peer, path := t.unixMailbox(d)
	var op iocp.Op
	buf := make([]byte, 4)
	for _, msg := range []string{"abcdef", "ghijkl"} {
		t.recvFrom(d, &op, buf)
		_, err := peer.Write([]byte(msg))
		t.must(err)
		c := t.expect(packet{op: &op, key: "socket", n: 4, err: iocp.ErrMessageSize})
		t.must(compare(buf, []byte(msg[:4])))
		if c.FromPath != path {
			t.Errorf("the datagram is from %q, want %q", c.FromPath, path)
		}
	}
}

func unixgramTooLarge(t *trial) {
	d, to := t.unixDatagram("socket", t.unixPath()), t.unixDatagram("to", t.unixPath())
	var op iocp.Op
	t.sendToUnix(d, &op, to.Path(), make([]byte, t.volume(64<<20, 1<<20)))
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrMessageSize})
	t.recvFrom(to, &op, make([]byte, 8))
	t.quiet()
}

func unixgramConnected(t *trial) {
	d, friend, stranger := t.unixDatagram("socket", t.unixPath()), t.unixDatagram("friend", t.unixPath()), t.unixDatagram("stranger", t.unixPath())
	t.must(d.ConnectUnix(friend.Path()))
	var op, recv iocp.Op
	t.refused(d.SendToUnix(&op, friend.Path(), nil), iocp.ErrConnected)
	t.begin(&op, func() error { return d.Send(&op, []byte("hello")) })
	t.expect(packet{op: &op, key: "socket", n: 5})
	t.recvFrom(friend, &op, make([]byte, 8))
	t.expect(packet{op: &op, key: "friend", n: 5})

	t.recvFrom(d, &recv, make([]byte, 8))
	t.sendToUnix(stranger, &op, d.Path(), []byte("stranger"))
	if c := t.next(); c.Op != &op || c.Err == nil {
		t.Errorf("got completion %+v for a stranger's send, want its failure", c)
	}
	t.sendToUnix(friend, &op, d.Path(), []byte("friend"))
	for range 2 {
		if c := t.next(); c.N != 6 || c.Err != nil {
			t.Errorf("got completion %+v, want the friend's 6 bytes", c)
		}
	}
}

// unixgramAbsent sends to no path and to one that nobody serves any more.
func unixgramAbsent(t *trial) {
	d := t.unixDatagram("socket", t.unixPath())
	stale := t.leftPath("unixgram")
	var op iocp.Op
	for range 2 {
		for _, path := range []string{t.unixPath(), stale} {
			t.sendToUnix(d, &op, path, []byte("hello"))
			t.expect(packet{op: &op, key: "socket", err: iocp.ErrRefused})
		}
	}
	_, err := t.port.NewUnixDatagram(stale + "/below")
	if err == nil {
		t.Error("a socket was bound below what is no directory")
	}
}

// unixgramRestarted has a connected socket's peer go and come back, several times,
// and while it is gone in turn with no send and with some.
func unixgramRestarted(t *trial) {
	path := t.unixPath()
	d := t.unixDatagram("socket", "")
	var op iocp.Op
	sends := func(want packet) {
		t.begin(&op, func() error { return d.Send(&op, []byte("hello")) })
		want.op, want.key = &op, "socket"
		t.expect(want)
	}
	for round := range 5 {
		peer, err := t.foreignNet().unixgram(path, "")
		t.must(err)
		t.must(peer.SetDeadline(t.deadline))
		if round == 0 {
			t.must(d.ConnectUnix(path))
		}
		sends(packet{n: 5})
		buf := make([]byte, 8)
		n, _, err := peer.ReadFrom(buf)
		t.must(err)
		t.must(compare(buf[:n], []byte("hello")))
		t.must(peer.Close())
		os.Remove(path) // if closing didn't
		for range round % 2 * 3 {
			sends(packet{err: iocp.ErrRefused})
		}
	}
}

// unixgramFull has more sent than the receiver's queue takes, by several, as
// each alone would be stopped by how much it may send. Nothing is lost, and what
// comes from one sender is in order.
func unixgramFull(t *trial) {
	to := t.unixDatagram("to", t.unixPath())
	const senders, each = 5, 400
	var sends [senders][each]iocp.Op
	for i := range sends {
		d := t.unixDatagram(i, "")
		for k := range sends[i] {
			t.sendToUnix(d, &sends[i][k], to.Path(), fmt.Appendf(nil, "%02d%04d", i, k))
		}
	}
	recvs, bufs := make([]iocp.Op, senders*each), make([][]byte, senders*each)
	for i := range recvs {
		bufs[i] = make([]byte, 8)
		t.recvFrom(to, &recvs[i], bufs[i])
	}
	var sent, heard [senders]int
	received := 0
	for range 2 * senders * each {
		c := t.next()
		if i, ok := c.Key.(int); ok {
			t.check(c, packet{op: &sends[i][sent[i]], key: i, n: 6})
			sent[i]++
			continue
		}
		t.check(c, packet{op: &recvs[received], key: "to", n: 6})
		i := int(bufs[received][1] - '0')
		t.must(compare(bufs[received][:6], fmt.Appendf(nil, "%02d%04d", i, heard[i])))
		heard[i]++
		received++
	}
}
