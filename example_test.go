package iocp_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"iocp"
)

// must ends the example: its output is then not the expected one.
func must(err error) {
	if err != nil {
		log.Panic(err)
	}
}

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// A conn does one thing at a time: it receives, then it sends that back.
type conn struct {
	op      iocp.Op
	sock    *iocp.Socket
	buf     [4096]byte
	reading bool
}

func (c *conn) next(n int) error {
	c.reading = !c.reading
	switch {
	case c.reading:
		return c.sock.Recv(&c.op, c.buf[:])
	case n == 0:
		return io.EOF // nothing received: the peer is done
	}
	return c.sock.Send(&c.op, c.buf[:n])
}

func echo(w *iocp.Worker) error {
	done := make([]iocp.Completion, 1)
	for {
		if _, err := w.Wait(done, iocp.Infinite); err != nil {
			return err // iocp.ErrClosed, once the port is closed
		}
		d := done[0]
		c, _ := d.Key.(*conn)
		switch {
		case c != nil: // what this connection was doing is done
		case d.Socket != nil: // from the listener, whose key is nil
			c = &conn{sock: d.Socket}
			d.Err = w.Port().Associate(c.sock, c)
		case d.More, errors.Is(d.Err, net.ErrClosed):
			continue // no connection for now: it tries again, or is being closed
		default:
			return d.Err // it accepts no more
		}
		if d.Err != nil || c.next(d.N) != nil {
			c.sock.Close()
		}
	}
}

// An echo server on the bare port: one loop, any number of connections.
func Example() {
	port, err := iocp.New(iocp.Config{})
	must(err)
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	must(err)
	must(port.Associate(ln, nil))
	var accept iocp.Op
	must(ln.AcceptMany(&accept))

	over := make(chan error)
	go func() {
		w := port.Worker()
		defer w.Close()
		over <- echo(w)
	}()
	client, err := net.Dial("tcp", ln.Addr().String())
	must(err)
	fmt.Fprint(client, "hello, port")
	answer := make([]byte, len("hello, port"))
	_, err = io.ReadFull(client, answer)
	must(err)
	fmt.Printf("%s\n", answer)

	must(client.Close())
	must(port.Close())
	fmt.Println(errors.Is(<-over, iocp.ErrClosed))
	// Output:
	// hello, port
	// true
}

// A port takes the first backend that works here, unless one is named.
func ExampleNew() {
	port, err := iocp.New(iocp.Config{Concurrency: 2})
	must(err)
	defer port.Close()
	fmt.Println(port.Stats().Concurrency)

	_, err = iocp.New(iocp.Config{Backend: "carrier-pigeon"})
	fmt.Println(err != nil)
	// Output:
	// 2
	// true
}

// Port 0 lets the system choose; Addr tells what it chose.
func ExamplePort_Listen() {
	port, err := iocp.New(iocp.Config{})
	must(err)
	defer port.Close()
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	must(err)
	defer ln.Close()

	_, err = port.Listen(ln.Addr(), iocp.ListenConfig{})
	fmt.Println(ln.Addr().Addr(), ln.Addr().Port() != 0, errors.Is(err, iocp.ErrAddrInUse))
	// Output: 127.0.0.1 true true
}

// Posted packets arrive as they were posted, in order. An Op leads back to the
// struct it belongs to by its Owner.
func ExamplePort_Post() {
	type job struct {
		op   iocp.Op
		name string
	}
	port, err := iocp.New(iocp.Config{})
	must(err)
	defer port.Close()
	for i, name := range []string{"sweep", "mop"} {
		j := &job{name: name}
		j.op.Owner = j
		must(port.Post(&j.op, i+1, "floor"))
	}

	w := port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, 8)
	n, err := w.Wait(batch, iocp.Infinite)
	must(err)
	for _, c := range batch[:n] {
		fmt.Println(c.Key, c.N, c.Op.Owner.(*job).name)
	}
	// Output:
	// floor 1 sweep
	// floor 2 mop
}

// AcceptMany stands until the listener is closed: each connection is a
// completion with More set, and the last completion has the reason.
func ExampleListener_AcceptMany() {
	port, err := iocp.New(iocp.Config{})
	must(err)
	defer port.Close()
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	must(err)
	must(port.Associate(ln, "door"))
	var accept iocp.Op
	must(ln.AcceptMany(&accept))

	w := port.Worker()
	defer w.Close()
	batch := make([]iocp.Completion, 1)
	for range 2 {
		client, err := net.Dial("tcp", ln.Addr().String())
		must(err)
		defer client.Close()
		_, err = w.Wait(batch, iocp.Infinite)
		must(err)
		c := batch[0]
		fmt.Println(c.Key, c.More, c.Socket.RemoteAddr().String() == client.LocalAddr().String())
		must(c.Socket.Close())
	}
	must(ln.Close())
	_, err = w.Wait(batch, iocp.Infinite)
	must(err)
	fmt.Println(batch[0].Key, batch[0].More, errors.Is(batch[0].Err, net.ErrClosed))
	// Output:
	// door true true
	// door true true
	// door false true
}

// A receive completes with what there is, and with N == 0 at the stream's end.
// Its buffer is the port's until then.
func ExampleSocket_Recv() {
	w, sock, peer := connected("peer")
	defer w.Port().Close()
	defer w.Close()
	defer peer.Close()

	var op iocp.Op
	buf := make([]byte, 64)
	batch := make([]iocp.Completion, 1)
	for {
		must(sock.Recv(&op, buf))
		peer.step()
		_, err := w.Wait(batch, iocp.Infinite)
		must(err)
		c := batch[0]
		fmt.Printf("%v %q %v\n", c.Key, buf[:c.N], c.Err)
		if c.N == 0 {
			break
		}
	}
	must(sock.Close())
	// Output:
	// peer "hello" <nil>
	// peer "" <nil>
}

// A send takes any number of buffers, and completes when they are free again:
// with the whole count, or with an error.
func ExampleSocket_Send() {
	w, sock, peer := connected("peer")
	defer w.Port().Close()
	defer w.Close()
	defer peer.Close()

	var op iocp.Op
	must(sock.Send(&op, []byte("head "), []byte("and body")))
	batch := make([]iocp.Completion, 1)
	_, err := w.Wait(batch, iocp.Infinite)
	must(err)
	fmt.Println(batch[0].Key, batch[0].N, batch[0].Err)

	must(sock.Close())
	got, err := io.ReadAll(peer)
	must(err)
	fmt.Printf("%s\n", got)
	// Output:
	// peer 13 <nil>
	// head and body
}

// A peer is the other end of a connection, on package net. It first says
// hello, then nothing more.
type peer struct {
	*net.TCPConn
	said bool
}

func (p *peer) step() {
	if p.said {
		must(p.CloseWrite())
		return
	}
	p.said = true
	_, err := p.Write([]byte("hello"))
	must(err)
}

// connected makes a port with one worker, and a connection associated with it
// under the given key.
func connected(key any) (*iocp.Worker, *iocp.Socket, *peer) {
	port, err := iocp.New(iocp.Config{})
	must(err)
	ln, err := net.Listen("tcp", loopback.String())
	must(err)
	defer ln.Close()
	sock, err := port.NewSocket(iocp.IPv4)
	must(err)
	must(port.Associate(sock, key))
	var op iocp.Op
	must(sock.Connect(&op, netip.MustParseAddrPort(ln.Addr().String())))
	other, err := ln.Accept()
	must(err)
	w := port.Worker()
	_, err = w.Wait(make([]iocp.Completion, 1), iocp.Infinite)
	must(err)
	return w, sock, &peer{TCPConn: other.(*net.TCPConn)}
}

// TestReadmePrograms holds the programs in the READMEs to those that are built
// and run here.
func TestReadmePrograms(t *testing.T) {
	source := readText(t, "example_test.go")
	hello := strings.ReplaceAll(readText(t, "docs/hello/main.go"), self+"/", "iocp/")
	for _, name := range []string{"README.md", "README.ko.md"} {
		programs := strings.Split(readText(t, name), "```go\n")[1:]
		if len(programs) != 2 {
			t.Fatalf("%s has %d programs, not 2", name, len(programs))
		}
		for i, text := range programs {
			program, _, closed := strings.Cut(text, "```")
			if !closed || i == 0 && program != hello || i == 1 && !strings.Contains(source, program) {
				t.Errorf("%s: its program isn't the one that is tested:\n%s", name, program)
			}
		}
	}
}

// readText reads a text file, whatever a checkout has made of its line ends.
func readText(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
