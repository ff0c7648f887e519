package porttest

import (
	"bytes"
	"errors"
	"net/netip"

	"iocp"
)

// Datagrams: C80 to C86.

// datagramOrder has receives pending when datagrams come, and datagrams wait
// when receives are started.
func datagramOrder(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var ops [4]iocp.Op
	bufs := make([][]byte, len(ops))
	for i := range bufs {
		bufs[i] = make([]byte, 16)
	}
	sizes := []string{"a", "bcd", "ef", "ghijkl"}
	send := func() {
		for _, msg := range sizes {
			peer.send(d.Addr(), msg)
		}
	}
	recv := func() {
		for i := range ops {
			t.recvFrom(d, &ops[i], bufs[i])
		}
	}
	for range t.volume(100, 10) {
		for _, begin := range [][2]func(){{recv, send}, {send, recv}} {
			begin[0]()
			begin[1]()
			for i, msg := range sizes {
				c := t.expect(packet{op: &ops[i], key: "socket", n: len(msg)})
				t.must(compare(bufs[i][:c.N], []byte(msg)))
			}
		}
	}
}

// datagramPieces has one datagram in several buffers, coming and going.
func datagramPieces(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var op iocp.Op
	in := [][]byte{make([]byte, 2), {}, make([]byte, 1), make([]byte, 9)}
	t.recvFrom(d, &op, in...)
	peer.send(d.Addr(), "abcdef")
	t.expect(packet{op: &op, key: "socket", n: 6})
	t.must(compare(bytes.Join(in, nil)[:6], []byte("abcdef")))

	var many [][]byte
	for _, b := range pattern(100) {
		many = append(many, []byte{b})
	}
	t.sendTo(d, &op, peer.addr(), many...)
	t.expect(packet{op: &op, key: "socket", n: 100})
	peer.receives(string(pattern(100)), d.Addr())
}

// datagramSender has datagrams of several senders, over both kinds of address.
func datagramSender(t *trial) {
	t.needIPv6()
	var op iocp.Op
	for _, at := range []netip.AddrPort{loopback4, loopback6, netip.MustParseAddrPort("[::]:0")} {
		d := t.datagram("socket", at)
		home := at
		if at.Addr().IsUnspecified() {
			home = loopback4
		}
		to := netip.AddrPortFrom(home.Addr(), d.Addr().Port())
		for range 3 {
			peer := t.mailbox(home)
			t.recvFrom(d, &op, make([]byte, 8))
			peer.send(to, "hello")
			t.sentBy(t.expect(packet{op: &op, key: "socket", n: 5}), peer.addr())
			t.sendTo(d, &op, peer.addr(), []byte("you"))
			c := t.expect(packet{op: &op, key: "socket", n: 3})
			t.sentBy(c, netip.AddrPort{})
			peer.receives("you", to)
		}
	}
}

// The addresses of the loopback interface that datagrams come to.
var (
	here      = netip.MustParseAddr("127.0.0.1")
	alsoHere  = netip.MustParseAddr("127.0.0.53")
	allOfHere = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("[::]:0")}
)

// everywhere is a socket that is bound to all addresses, and a foreign one. The
// clause is skipped where none can tell the one from the other.
func (t *trial) everywhere(at netip.AddrPort) (*iocp.Datagram, *mailbox) {
	t.Helper()
	d, peer := t.datagram("socket", at), t.mailbox(loopback4)
	var op iocp.Op
	err := t.attempt(&op, func() error { return d.SendFrom(&op, here, peer.addr(), []byte("first")) })
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
	t.expect(packet{op: &op, key: "socket", n: 5})
	peer.receives("first", netip.AddrPortFrom(here, d.Addr().Port()))
	return d, peer
}

// datagramHere has sockets bound to all addresses learn which one a datagram came
// to.
func datagramHere(t *trial) {
	t.needIPv6()
	var op iocp.Op
	for _, at := range allOfHere {
		d, peer := t.everywhere(at)
		for _, ip := range []netip.Addr{here, alsoHere, here} {
			t.recvFrom(d, &op, make([]byte, 8))
			peer.send(netip.AddrPortFrom(ip, d.Addr().Port()), "hello")
			c := t.expect(packet{op: &op, key: "socket", n: 5})
			t.sentBy(c, peer.addr())
			if c.To != ip {
				t.Fatalf("a datagram to %v came to %v", ip, c.To)
			}
		}
	}
	bound, peer := t.datagram("bound", loopback4), t.mailbox(loopback4)
	t.recvFrom(bound, &op, make([]byte, 8))
	peer.send(bound.Addr(), "x")
	if c := t.expect(packet{op: &op, key: "bound", n: 1}); c.To.IsValid() {
		t.Errorf("a socket of one address says that a datagram came to %v", c.To)
	}
}

// datagramFrom has sockets bound to all addresses send from each.
func datagramFrom(t *trial) {
	t.needIPv6()
	var op iocp.Op
	for _, at := range allOfHere {
		d, peer := t.everywhere(at)
		for _, ip := range []netip.Addr{here, alsoHere, here} {
			t.begin(&op, func() error { return d.SendFrom(&op, ip, peer.addr(), []byte("you")) })
			if c := t.expect(packet{op: &op, key: "socket", n: 3}); c.To.IsValid() {
				t.Errorf("a send came to %v", c.To)
			}
			peer.receives("you", netip.AddrPortFrom(ip, d.Addr().Port()))
		}
		t.sendTo(d, &op, peer.addr(), []byte("plain"))
		t.expect(packet{op: &op, key: "socket", n: 5})
		peer.receives("plain", netip.AddrPortFrom(here, d.Addr().Port()))
		t.refused(d.SendFrom(&op, netip.Addr{}, peer.addr(), nil), iocp.ErrInvalid)
		t.refused(d.SendFrom(&op, netip.IPv6Loopback(), peer.addr(), nil), iocp.ErrInvalid)
	}
	bound, peer := t.datagram("bound", loopback4), t.mailbox(loopback4)
	t.refused(bound.SendFrom(&op, here, peer.addr(), nil), iocp.ErrInvalid)
}

func datagramEmpty(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var op iocp.Op
	buf := make([]byte, 8)
	for range 3 {
		t.recvFrom(d, &op, buf)
		t.quiet()
		peer.send(d.Addr(), "")
		t.sentBy(t.expect(packet{op: &op, key: "socket"}), peer.addr())
	}
	t.recvFrom(d, &op, nil)
	t.quiet()
	peer.send(d.Addr(), "")
	t.expect(packet{op: &op, key: "socket"})
	for _, empty := range [][][]byte{nil, {nil}, {{}, {}}} {
		t.sendTo(d, &op, peer.addr(), empty...)
		t.expect(packet{op: &op, key: "socket"})
		peer.receives("", d.Addr())
	}
	t.must(d.Connect(peer.addr()))
	t.begin(&op, func() error { return d.Send(&op) })
	t.expect(packet{op: &op, key: "socket"})
	peer.receives("", d.Addr())
	t.recvFrom(d, &op, buf)
	peer.send(d.Addr(), "x")
	t.expect(packet{op: &op, key: "socket", n: 1})
}

func datagramTooLarge(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var op iocp.Op
	for _, large := range [][][]byte{{make([]byte, 1<<16)}, {make([]byte, 1<<15), make([]byte, 1<<15)}} {
		t.sendTo(d, &op, peer.addr(), large...)
		t.expect(packet{op: &op, key: "socket", err: iocp.ErrMessageSize})
	}
	t.sendTo(d, &op, peer.addr(), []byte("fits"))
	t.expect(packet{op: &op, key: "socket", n: 4})
	peer.receives("fits", d.Addr())
}

func datagramConnected(t *trial) {
	d, friend, stranger := t.datagram("socket", loopback4), t.mailbox(loopback4), t.mailbox(loopback4)
	var op iocp.Op
	t.refused(d.Send(&op, []byte("hello")), iocp.ErrNotConnected)
	t.refused(d.Connect(netip.AddrPort{}), iocp.ErrInvalid)
	t.must(d.Connect(friend.addr()))
	t.refused(d.SendTo(&op, friend.addr(), []byte("hello")), iocp.ErrConnected)
	buf := make([]byte, 8)
	for range 10 {
		t.recvFrom(d, &op, buf)
		stranger.send(d.Addr(), "stranger")
		friend.send(d.Addr(), "friend")
		c := t.expect(packet{op: &op, key: "socket", n: 6})
		t.must(compare(buf[:c.N], []byte("friend")))
		t.sentBy(c, friend.addr())
	}
	t.begin(&op, func() error { return d.Send(&op, []byte("hel"), []byte("lo")) })
	t.expect(packet{op: &op, key: "socket", n: 5})
	friend.receives("hello", d.Addr())
}

// datagramUnreachable sends to where nobody is, time and again.
func datagramUnreachable(t *trial) {
	free, connected := t.datagram("free", loopback4), t.datagram("connected", loopback4)
	peer := t.mailbox(loopback4)
	gone := peer.addr()
	t.must(connected.Connect(gone))
	t.must(peer.Close())
	var recvs [2]iocp.Op
	t.recvFrom(free, &recvs[0], make([]byte, 8))
	t.recvFrom(connected, &recvs[1], make([]byte, 8))
	for range 20 {
		var op iocp.Op
		t.sendTo(free, &op, gone, []byte("hello"))
		t.expect(packet{op: &op, key: "free", n: 5})
		t.begin(&op, func() error { return connected.Send(&op, []byte("hello")) })
		t.expect(packet{op: &op, key: "connected", n: 5})
	}
	t.quiet()
	back := t.mailbox(gone)
	back.send(free.Addr(), "back")
	t.expect(packet{op: &recvs[0], key: "free", n: 4})
	back.send(connected.Addr(), "back")
	t.expect(packet{op: &recvs[1], key: "connected", n: 4})
}

func datagramTruncated(t *trial) {
	d, peer := t.datagram("socket", loopback4), t.mailbox(loopback4)
	var op iocp.Op
	for _, room := range []int{4, 1, 0} {
		for _, waits := range []bool{true, false} {
			buf := bytes.Repeat([]byte("."), 8)
			if waits {
				peer.send(d.Addr(), "abcdef")
			}
			t.recvFrom(d, &op, buf[:room])
			if !waits {
				peer.send(d.Addr(), "abcdef")
			}
			c := t.expect(packet{op: &op, key: "socket", n: room, err: iocp.ErrMessageSize})
			t.sentBy(c, peer.addr())
			t.must(compare(buf, []byte("abcdef"[:room]+"........"[room:])))
		}
	}
	// The rest is lost, and the socket goes on.
	buf := make([]byte, 6)
	t.recvFrom(d, &op, buf[:2], buf[2:])
	peer.send(d.Addr(), "ghijkl")
	t.expect(packet{op: &op, key: "socket", n: 6})
	t.must(compare(buf, []byte("ghijkl")))
}
