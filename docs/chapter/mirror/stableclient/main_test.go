package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"iocp/docs/chapter/mirror/mirrortest"
)

func TestMain(m *testing.M) { mirrortest.Main(m, main) }

// connect starts the client and accepts it.
func connect(t *testing.T) (*mirrortest.Program, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	mirrortest.Must(t, err)
	defer ln.Close()
	host, port, err := net.SplitHostPort(ln.Addr().String())
	mirrortest.Must(t, err)
	p := mirrortest.Start(t, host, port)
	c, err := ln.Accept()
	mirrortest.Must(t, err)
	t.Cleanup(func() { c.Close() })
	if line := p.Line(); line != "Connected................." {
		t.Fatalf("the client said %q", line)
	}
	return p, c
}

const said = "Input message(Q to quit) : Message from server : "

// An empty line and the end of the input hang the original; a line of 1,023
// characters breaks its input.
func TestLinesOfAnyLength(t *testing.T) {
	p, c := connect(t)
	go io.Copy(c, c)
	for _, line := range []string{"hello", "", strings.Repeat("x", 1023), strings.Repeat("y", 100_000), "bye"} {
		fmt.Fprintln(p.In, line)
		if got := p.Line(); got != said+line {
			t.Fatalf("a line of %d characters: the client printed %d", len(line), len(got)-len(said))
		}
	}
	mirrortest.Must(t, p.In.Close())
	if _, err := io.Copy(io.Discard, p.Out); err != nil {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("after the end of the input: %v", err)
	}
}

// The answer may come in pieces, and what comes behind it is no part of it.
func TestPieces(t *testing.T) {
	p, c := connect(t)
	fmt.Fprintln(p.In, "message")
	asked := make([]byte, len("message"))
	_, err := io.ReadFull(c, asked)
	mirrortest.Must(t, err)
	for _, piece := range []string{"mes", "s", "age and more"} {
		_, err := io.WriteString(c, piece)
		mirrortest.Must(t, err)
	}
	if got := p.Line(); got != said+"message" {
		t.Errorf("the client printed %q", got)
	}
}

// A server that is lost before everything is back is an error; the original
// adds -1 to what it has, for ever.
func TestServerLost(t *testing.T) {
	p, c := connect(t)
	fmt.Fprintln(p.In, "message")
	_, err := bufio.NewReader(c).Peek(len("message"))
	mirrortest.Must(t, err)
	mirrortest.Must(t, c.Close())
	io.Copy(io.Discard, p.Out)
	if p.Wait() == nil {
		t.Error("the client took that for a success")
	}
}
