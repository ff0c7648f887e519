package porttest

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"

	"iocp"
)

// unixPath makes a path for a socket. It is short, since systems allow but a
// hundred bytes.
func (t *trial) unixPath() string {
	t.Helper()
	dir, err := os.MkdirTemp("", "")
	t.must(err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// needUnix skips the clause where there are no Unix sockets of a kind.
func (t *trial) needUnix(kind string) {
	t.Helper()
	var socket io.Closer
	var err error
	if kind == "unix" {
		socket, err = t.foreignNet().listenUnix(t.unixPath())
	} else {
		socket, err = t.foreignNet().unixgram(t.unixPath(), "")
	}
	if err != nil {
		t.Skipf("capability: no Unix sockets: %v", err)
	}
	socket.Close()
}

// unixListener listens at a new path, or skips the clause where that can't be.
func (t *trial) unixListener(key any, cfg iocp.ListenConfig) *iocp.Listener {
	t.Helper()
	return t.unixListening(key, t.unixPath(), cfg)
}

// unixListenerAt listens at a path.
func (t *trial) unixListenerAt(path string) *iocp.Listener {
	t.Helper()
	return t.unixListening("listener", path, iocp.ListenConfig{})
}

func (t *trial) unixListening(key any, path string, cfg iocp.ListenConfig) *iocp.Listener {
	t.Helper()
	t.needUnix("unix")
	l, err := t.port.ListenUnix(path, cfg)
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
	t.own(l)
	t.must(t.port.Associate(l, key))
	return l
}

func (t *trial) unixSocket(key any) *iocp.Socket {
	t.Helper()
	t.needUnix("unix")
	s, err := t.port.NewUnixSocket()
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
	t.own(s)
	t.must(t.port.Associate(s, key))
	return s
}

func (t *trial) connectUnix(s *iocp.Socket, op *iocp.Op, path string) {
	t.Helper()
	t.begin(op, func() error { return s.ConnectUnix(op, path) })
}

// foreignUnix makes the foreign end of a Unix connection ready for use.
func (t *trial) foreignUnix(conn net.Conn, err error) unixConn {
	t.Helper()
	t.must(err)
	t.foreign = append(t.foreign, conn)
	t.must(conn.SetDeadline(t.deadline))
	return conn.(unixConn)
}

// leftPath is a path that led to a socket of a kind and leads nowhere now.
func (t *trial) leftPath(kind string) string {
	t.Helper()
	path := t.unixPath()
	t.must(t.foreignNet().leave(kind, path))
	return path
}

// unixPair connects a socket, associated under "socket", to a foreign peer: as
// the accepting side, or as the connecting one.
func (t *trial) unixPair(accepts bool) (*iocp.Socket, unixConn) {
	t.Helper()
	var op iocp.Op
	if accepts {
		l := t.unixListener("listener", iocp.ListenConfig{})
		t.accept(l, &op)
		peer := t.foreignUnix(t.foreignNet().dialUnix(l.Path(), t.deadline))
		s := t.expect(packet{op: &op, key: "listener"}).Socket
		t.must(t.port.Associate(s, "socket"))
		return s, peer
	}
	s := t.unixSocket("socket")
	path := t.unixPath()
	ln, err := t.foreignNet().listenUnix(path)
	t.must(err)
	t.foreign = append(t.foreign, ln)
	t.must(ln.SetDeadline(t.deadline))
	t.connectUnix(s, &op, path)
	peer := t.foreignUnix(ln.Accept())
	t.expect(packet{op: &op, key: "socket"})
	return s, peer
}

// bothUnix runs a clause on a connecting and on an accepted socket.
func bothUnix(run func(*trial, *iocp.Socket, unixConn)) func(*trial) {
	return func(t *trial) {
		for _, accepts := range []bool{true, false} {
			s, peer := t.unixPair(accepts)
			run(t, s, peer)
		}
	}
}
