package main

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"iocp/docs/chapter/mirror/mirrortest"
)

func TestMain(m *testing.M) { mirrortest.Main(m, main) }

func TestTexts(t *testing.T) {
	p := mirrortest.Server(t)
	c := p.Dial()
	p.Echoes(c, "x")
	p.Echoes(c, strings.Repeat("y", 3*bufSize))
	mirrortest.Must(t, c.Close())
	counts := map[string]int{}
	for counts["message received!"]-counts["message sent!"] < 1 || counts["message sent!"] < 2 {
		counts[p.Line()]++
	}
	if len(counts) != 2 {
		t.Errorf("the server said %v", counts)
	}
}

// The end of the stream frees the original's connection while sends are
// pending: here all that was sent comes back.
func TestEndWithSendsPending(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out)
	c := p.Dial()
	sent := bytes.Repeat([]byte("0123456789"), 20_000)
	go func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(sent), err)
	}
}

// A connection that is reset costs only itself.
func TestReset(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out)
	for range 20 {
		c := p.Dial()
		_, err := c.Write(make([]byte, 10*bufSize))
		mirrortest.Must(t, err)
		mirrortest.Must(t, c.(*net.TCPConn).SetLinger(0))
		mirrortest.Must(t, c.Close())
	}
	p.Echoes(p.Dial(), "still here")
}
