package main

import (
	"io"
	"net"
	"strings"
	"testing"

	"iocp/docs/chapter/mirror/mirrortest"
)

func TestMain(m *testing.M) { mirrortest.Main(m, main) }

// After a short message the original receives no more than that at a time.
func TestBufferStaysWhole(t *testing.T) {
	p := mirrortest.Server(t)
	c := p.Dial()
	p.Echoes(c, "x")
	long := strings.Repeat("a long message ", bufSize/15)
	p.Echoes(c, long)
	if line := p.Line(); line != "Client connected....." {
		t.Errorf("the server said %q", line)
	}
	mirrortest.Must(t, c.(*net.TCPConn).CloseWrite())
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	if line := p.Line(); line != "Client disconnected....." {
		t.Errorf("the server said %q", line)
	}
}

// The last of many who come at once and say nothing is served while it still waits.
// The original takes one in each pause, and its backlog has room for five: this
// one would wait twice as long.
func TestManyAtOnce(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out) // it says so much that a pipe of Windows is full
	conns := make([]net.Conn, 2*mirrortest.Bound/pause)
	for i := range conns {
		conns[i] = p.Dial()
	}
	p.Echoes(conns[len(conns)-1], "hello")
}
