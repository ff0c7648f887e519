package porttest

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"iocp"
)

// Unix sockets. Streams repeat some clauses of TCP's; what is different is how
// they are named and found.

func unixNames(t *trial) {
	l := t.unixListener("listener", iocp.ListenConfig{})
	path := l.Path()
	var op iocp.Op
	t.accept(l, &op)
	s := t.unixSocket("socket")
	if s.Path() != "" || s.Addr().IsValid() {
		t.Errorf("a new socket is at %q %v", s.Path(), s.Addr())
	}
	var connect iocp.Op
	t.connectUnix(s, &connect, path)
	var accepted *iocp.Socket
	for range 2 {
		if c := t.next(); c.Op == &op {
			accepted = c.Socket
		} else {
			t.check(c, packet{op: &connect, key: "socket"})
		}
	}
	for _, end := range []*iocp.Socket{s, accepted} {
		if end.Path() != path || end.Addr().IsValid() || end.RemoteAddr().IsValid() {
			t.Errorf("the path is %q, the addresses %v and %v; want %q and none", end.Path(), end.Addr(), end.RemoteAddr(), path)
		}
		t.refused(end.NoDelay(true), iocp.ErrNotSupported)
		t.refused(end.KeepAlive(net.KeepAliveConfig{Enable: true}), iocp.ErrNotSupported)
		t.refused(end.Linger(time.Second), iocp.ErrNotSupported)
	}
	t.refused(s.ConnectUnix(&op, path), iocp.ErrConnected)
	t.refused(t.loose(iocp.IPv4).ConnectUnix(&op, path), iocp.ErrInvalid)
	other := t.unixSocket("other")
	t.refused(other.ConnectUnix(&op, ""), iocp.ErrInvalid)
	t.refused(other.Connect(&op, netip.MustParseAddrPort("127.0.0.1:9")), iocp.ErrInvalid)
}

func unixEcho(t *trial, s *iocp.Socket, peer unixConn) {
	data := pattern(t.volume(1<<20, 64<<10))
	sent := background(t, "the peer sending", func() (int, error) { return peer.Write(data) })
	t.receiver(s, 1<<16, 2).takes(data)
	sent.must()
	var op iocp.Op
	t.send(s, &op, data[:len(data)/2], data[len(data)/2:])
	got := background(t, "the peer receiving", func() ([]byte, error) {
		b := make([]byte, len(data))
		_, err := io.ReadFull(peer, b)
		return b, err
	})
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	t.must(compare(got.must(), data))
}

func unixRecvOrder(t *trial, s *iocp.Socket, peer unixConn) {
	in := t.receiver(s, 4, 8)
	data := pattern(32)
	for range t.volume(100, 20) {
		in.start()
		for i := range data {
			_, err := peer.Write(data[i : i+1])
			t.must(err)
		}
		in.takes(data)
	}
}

func unixEOF(t *trial, s *iocp.Socket, peer unixConn) {
	var ops [3]iocp.Op
	for i := range ops {
		t.recv(s, &ops[i], make([]byte, 8))
	}
	_, err := peer.Write([]byte("last"))
	t.must(err)
	t.expect(packet{op: &ops[0], key: "socket", n: 4})
	t.must(peer.CloseWrite())
	t.expect(packet{op: &ops[1], key: "socket"})
	t.expect(packet{op: &ops[2], key: "socket"})
	t.recvPooled(s, &ops[0])
	t.expect(packet{op: &ops[0], key: "socket"})
	t.send(s, &ops[0], []byte("still"))
	t.expect(packet{op: &ops[0], key: "socket", n: 5})
	t.must(s.Shutdown(iocp.SendSide))
	rest, err := io.ReadAll(peer)
	t.must(err)
	t.must(compare(rest, []byte("still")))
}

func unixCancel(t *trial, s *iocp.Socket, peer unixConn) {
	var ops [3]iocp.Op
	for i := range ops {
		t.recv(s, &ops[i], make([]byte, 8))
	}
	t.must(s.Cancel(&ops[1]))
	t.expect(packet{op: &ops[1], key: "socket", err: iocp.ErrAborted})
	_, err := peer.Write([]byte("abc"))
	t.must(err)
	t.expect(packet{op: &ops[0], key: "socket", n: 3})
	t.must(s.CancelAll())
	t.expect(packet{op: &ops[2], key: "socket", err: iocp.ErrAborted})
}

func unixClose(t *trial, s *iocp.Socket, peer unixConn) {
	var ops [3]iocp.Op
	for i := range ops {
		t.recv(s, &ops[i], make([]byte, 8))
	}
	t.must(s.Close())
	for i := range ops {
		t.expect(packet{op: &ops[i], key: "socket", err: net.ErrClosed})
	}
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the peer received %d bytes and %v, want the end of the stream", n, err)
	}
}

// unixReset has the peer close with data unread, which these sockets report as
// a reset.
func unixReset(t *trial, s *iocp.Socket, peer unixConn) {
	var op iocp.Op
	t.send(s, &op, []byte("unread"))
	t.expect(packet{op: &op, key: "socket", n: 6})
	t.must(peer.Close())
	for t.attempt(&op, func() error { return s.Send(&op, []byte("more")) }) == nil {
		if c := t.next(); c.Err != nil {
			t.check(c, packet{op: &op, key: "socket", n: c.N, err: iocp.ErrReset})
		}
	}
	t.refused(s.Send(&op, []byte("more")), iocp.ErrReset)
	t.refused(s.Recv(&op, make([]byte, 1)), iocp.ErrReset)
}

// unixRefused connects to no path, to one that nobody serves any more, and
// then to a listener, all with one socket.
func unixRefused(t *trial) {
	s := t.unixSocket("socket")
	var op, accept iocp.Op
	t.connectUnix(s, &op, t.unixPath())
	c := t.expect(packet{op: &op, key: "socket", err: iocp.ErrRefused})
	if !errors.Is(c.Err, fs.ErrNotExist) {
		t.Errorf("connecting to no path: %v, want that it doesn't exist", c.Err)
	}
	stale := t.leftPath("unix")
	t.connectUnix(s, &op, stale)
	t.expect(packet{op: &op, key: "socket", err: iocp.ErrRefused})
	_, err := t.port.ListenUnix(stale, iocp.ListenConfig{})
	t.refused(err, iocp.ErrAddrInUse)

	l := t.unixListener("listener", iocp.ListenConfig{})
	t.connectUnix(s, &op, l.Path())
	t.expect(packet{op: &op, key: "socket"})
	t.accept(l, &accept)
	t.expect(packet{op: &accept, key: "listener"})
}

// unixBacklog connects more sockets than the kernel keeps for the listener.
func unixBacklog(t *trial) {
	l := t.unixListener("listener", iocp.ListenConfig{Backlog: 1})
	const count = 20
	var ops [count]iocp.Op
	for i := range ops {
		t.connectUnix(t.unixSocket("socket"), &ops[i], l.Path())
	}
	var accept iocp.Op
	t.acceptMany(l, &accept)
	for range 2 * count {
		if c := t.next(); c.Err != nil {
			t.Fatalf("got completion %+v, want a connection", c)
		}
	}
	t.must(l.Close())
	t.expect(packet{op: &accept, key: "listener", err: net.ErrClosed})
}

// unixRemoved checks that paths go with their sockets, and with the port.
func unixRemoved(t *trial) {
	gone := func(path string) {
		t.Helper()
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the path of a closed socket: %v, want that it doesn't exist", err)
		}
	}
	l := t.unixListener("listener", iocp.ListenConfig{})
	t.must(l.Close())
	gone(l.Path())
	d := t.unixDatagram("datagram", t.unixPath())
	path := d.Path()
	t.must(d.Close())
	gone(path)
	other := t.newFixture(t.config)
	last, err := other.port.ListenUnix(t.unixPath(), iocp.ListenConfig{})
	t.must(err)
	t.own(last)
	t.must(other.port.Associate(last, "last"))
	other.close()
	gone(last.Path())
}

// unixOthersPath checks that a closed socket leaves at its path what isn't its
// own: a successor's socket, or a file.
func unixOthersPath(t *trial) {
	closers := []func(string) func() error{
		func(path string) func() error { return t.unixListenerAt(path).Close },
		func(path string) func() error { return t.unixDatagram("datagram", path).Close },
	}
	for _, bind := range closers {
		path := t.unixPath()
		first := bind(path)
		t.must(os.Remove(path))
		successor := t.unixListenerAt(path)
		t.must(first())
		var connect, accept iocp.Op
		t.connectUnix(t.unixSocket("socket"), &connect, path)
		t.accept(successor, &accept)
		for range 2 {
			if c := t.next(); c.Err != nil {
				t.Fatalf("got completion %+v, want a connection to the successor", c)
			}
		}
		t.must(successor.Close())

		second := bind(path)
		t.must(os.Remove(path))
		t.must(os.WriteFile(path, []byte("mine"), 0o600))
		t.must(second())
		content, err := os.ReadFile(path)
		t.must(err)
		t.must(compare(content, []byte("mine")))
	}
}

// unixPathKept hands a path on.
func unixPathKept(t *trial) {
	l := t.unixListenerAt(t.unixPath())
	l.SetUnlinkOnClose(false)
	t.must(l.Close())
	d := t.unixDatagram("datagram", t.unixPath())
	path := d.Path()
	d.SetUnlinkOnClose(false)
	t.must(d.Close())
	for _, path := range []string{l.Path(), path} {
		_, err := os.Lstat(path)
		t.must(err)
	}
}

// unixBadNames checks that names are refused that the kernel would cut or that
// are too long for it, by all that take one.
func unixBadNames(t *trial) {
	d, s := t.unixDatagram("datagram", ""), t.unixSocket("socket")
	path := t.unixPath()
	l := t.unixListenerAt(path)
	long := path + strings.Repeat("x", 200)
	var op iocp.Op
	for _, name := range []string{path + "\x00suffix", "\x00" + path, path + "\x00", "@", "@" + "\x00", long, "@" + long} {
		_, err := t.port.ListenUnix(name, iocp.ListenConfig{})
		t.refused(err, iocp.ErrInvalid)
		_, err = t.port.NewUnixDatagram(name)
		t.refused(err, iocp.ErrInvalid)
		t.refused(s.ConnectUnix(&op, name), iocp.ErrInvalid)
		t.refused(d.ConnectUnix(name), iocp.ErrInvalid)
		t.refused(d.SendToUnix(&op, name, nil), iocp.ErrInvalid)
	}
	t.quiet()
	t.must(l.Close())
}
