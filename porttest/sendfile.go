package porttest

import (
	"errors"
	"io"
	"net"
	"os"

	"iocp"
)

// Sending files: C73, C74, C78.

func (t *trial) sendFile(s *iocp.Socket, op *iocp.Op, f *iocp.File, off, n int64) {
	t.Helper()
	err := t.attempt(op, func() error { return s.SendFile(op, f, off, n) })
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
}

// sendFileOrder sends parts of a file between other sends.
func sendFileOrder(t *trial) {
	s, peer := t.pair("socket")
	part := t.volume(1<<20, 32<<10)
	data := pattern(3 * part)
	f := t.looseFile(data, os.O_RDONLY)
	var ops [5]iocp.Op
	t.send(s, &ops[0], []byte("head"))
	t.sendFile(s, &ops[1], f, 1000, int64(2*part))
	t.send(s, &ops[2], []byte("between"))
	t.sendFile(s, &ops[3], f, 5, -1)
	t.sendFile(s, &ops[4], f, 7, 0)
	var want []byte
	want = append(want, "head"...)
	want = append(want, data[1000:1000+2*part]...)
	want = append(want, "between"...)
	want = append(want, data[5:]...)
	t.must(s.Shutdown(iocp.SendSide))
	reading := peer.reading(want)
	for i, n := range []int{4, 2 * part, 7, len(data) - 5, 0} {
		t.expect(packet{op: &ops[i], key: "socket", n: n})
	}
	reading.must()
	peer.readsEnd()
}

// sendFileShort asks for more than the file has.
func sendFileShort(t *trial) {
	s, peer := t.pair("socket")
	f := t.looseFile([]byte("abcdef"), os.O_RDONLY)
	var op iocp.Op
	t.sendFile(s, &op, f, 2, 100)
	t.expect(packet{op: &op, key: "socket", n: 4, err: io.ErrUnexpectedEOF})
	peer.reads([]byte("cdef"))
	t.sendFile(s, &op, f, 100, -1)
	t.expect(packet{op: &op, key: "socket"})
	t.quiet()
}

// sendFileCancelled cancels and closes under a SendFile that can't be over.
func sendFileCancelled(t *trial) {
	data := t.stuck()
	f := t.looseFile(data, os.O_RDONLY)
	for _, c := range []struct {
		end   func(*iocp.Socket, *iocp.Op) error
		class error
	}{
		{func(s *iocp.Socket, op *iocp.Op) error { return s.Cancel(op) }, iocp.ErrAborted},
		{func(s *iocp.Socket, _ *iocp.Op) error { return s.CancelAll() }, iocp.ErrAborted},
		{func(s *iocp.Socket, _ *iocp.Op) error { return s.Close() }, net.ErrClosed},
	} {
		s, peer := t.pair("socket")
		var op iocp.Op
		t.must(peer.SetReadBuffer(64 << 10))
		t.sendFile(s, &op, f, 0, int64(len(data)))
		peer.reads(data[:1])
		t.must(c.end(s, &op))
		got := t.next()
		t.check(got, packet{op: &op, key: "socket", n: got.N, err: c.class})
		if got.N >= len(data) {
			t.Errorf("%d bytes of %d were sent to a peer that doesn't receive", got.N, len(data))
		}
	}
}

// sendFileBesideStuck has several peers that don't receive delay nobody else.
func sendFileBesideStuck(t *trial) {
	data := t.stuck()
	f := t.looseFile(data, os.O_RDONLY)
	var stuck [4]iocp.Op
	var sockets [4]*iocp.Socket
	for i := range stuck {
		s, peer := t.pair("stuck")
		t.must(peer.SetReadBuffer(64 << 10))
		t.sendFile(s, &stuck[i], f, 0, int64(len(data)))
		peer.reads(data[:1])
		sockets[i] = s
	}
	s, peer := t.pair("socket")
	var op iocp.Op
	t.sendFile(s, &op, f, 5, 1000)
	peer.reads(data[5:1005])
	t.expect(packet{op: &op, key: "socket", n: 1000})
	for i := range stuck {
		t.must(sockets[i].Close())
		c := t.next()
		t.check(c, packet{op: &stuck[i], key: "stuck", n: c.N, err: net.ErrClosed})
	}
}

// sendFileRefused asks for what can't be sent.
func sendFileRefused(t *trial) {
	s, _ := t.pair("socket")
	unconnected := t.socket("unconnected")
	closed := t.looseFile(nil, os.O_RDONLY)
	t.must(closed.Close())
	f, w := t.looseFile(nil, os.O_RDONLY), t.looseFile(nil, os.O_WRONLY)
	for _, c := range []struct {
		name  string
		start func(*iocp.Op) error
		class error
	}{
		{"no file", func(op *iocp.Op) error { return s.SendFile(op, nil, 0, 1) }, iocp.ErrInvalid},
		{"before the file", func(op *iocp.Op) error { return s.SendFile(op, f, -1, 1) }, iocp.ErrInvalid},
		{"a closed file", func(op *iocp.Op) error { return s.SendFile(op, closed, 0, 1) }, net.ErrClosed},
		{"a file for writing", func(op *iocp.Op) error { return s.SendFile(op, w, 0, 1) }, iocp.ErrAccess},
		{"unconnected", func(op *iocp.Op) error { return unconnected.SendFile(op, f, 0, 1) }, iocp.ErrNotConnected},
	} {
		var op iocp.Op
		err := t.attempt(&op, func() error { return c.start(&op) })
		if errors.Is(err, iocp.ErrNotSupported) {
			t.Skipf("capability: %v", err)
		}
		if err == nil || op.Pending() {
			t.Fatalf("%s: accepted", c.name)
		}
		t.refused(err, c.class)
	}
	t.quiet()
}
