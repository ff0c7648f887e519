package iocp_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"iocp"
	"iocp/internal/invariant"
)

// A send goes on where it was, however many buffers it has: each is gone through
// a few times in all, and not again with every transfer.
func TestSendKeepsItsPlace(t *testing.T) {
	if !invariant.Enabled {
		t.Skip("capability: only a checked build counts")
	}
	const buffers = 40_000
	data := make([]byte, 4*buffers)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	var bufs [][]byte
	for i := range buffers {
		bufs = append(bufs, data[4*i:4*i+4])
	}
	onBackends(t, func(t *testing.T, backend string) {
		port := openPort(t, backend)
		ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		check(t, err)
		defer ln.Close()
		sock, err := port.NewSocket(iocp.IPv4)
		check(t, err)
		defer sock.Close()
		check(t, port.Associate(sock, nil))
		var op iocp.Op
		check(t, sock.Connect(&op, ln.Addr().(*net.TCPAddr).AddrPort()))
		peer, err := ln.AcceptTCP()
		check(t, err)
		defer peer.Close()
		check(t, peer.SetReadBuffer(8<<10))
		check(t, dequeue(t, port).Err)

		before := invariant.Walked()
		check(t, sock.Send(&op, bufs...))
		got := make([]byte, len(data))
		read := inBackground(func() { io.ReadFull(peer, got) })
		if c := dequeue(t, port); c.Err != nil || c.N != len(data) {
			t.Fatalf("N = %d, %v", c.N, c.Err)
		}
		within(t, "the peer", port, read)
		if !bytes.Equal(got, data) {
			t.Error("something else came than was sent")
		}
		if walked := invariant.Walked() - before; walked > 6*buffers {
			t.Errorf("%d buffers were gone through %d times", buffers, walked)
		}
	})
}
