package iocp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"iocp"
)

// echoes is a set of connections to a port's sockets, whose other ends the
// test works itself, so that it decides what is ready at a time.
type echoes struct {
	t       *testing.T
	worker  *iocp.Worker
	ours    []*conn
	clients []net.Conn
	size    int
}

// echoesBound is how long one set may take over everything.
const echoesBound = 30 * time.Second

func newEchoes(t *testing.T, port *iocp.Port) *echoes {
	t.Helper()
	ln, err := port.Listen(loopback, iocp.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	e := &echoes{t: t, worker: port.Worker()}
	t.Cleanup(e.worker.Close)
	for range 16 { // a batch that is worth a ring
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		client.SetDeadline(time.Now().Add(echoesBound))
		e.clients = append(e.clients, client)
		e.open(port, ln)
	}
	return e
}

func (e *echoes) open(port *iocp.Port, ln *iocp.Listener) {
	e.t.Helper()
	var sock *iocp.Socket
	var err error
	for deadline := time.Now().Add(echoesBound); sock == nil; {
		// On some systems a connection is there a little after connect says so.
		if sock, err = ln.TryAccept(); err != nil && (!errors.Is(err, iocp.ErrWouldBlock) || time.Now().After(deadline)) {
			e.t.Fatal(err)
		}
	}
	c := &conn{sock: sock}
	if err = port.Associate(sock, c); err == nil {
		err = c.next(0)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	e.ours = append(e.ours, c)
}

// round has every client send, echoes all of it, and checks what comes back.
func (e *echoes) round() {
	message := []byte(fmt.Sprintf("message %d, the same to all", e.size))
	e.size++
	for _, c := range e.clients {
		if _, err := c.Write(message); err != nil {
			e.t.Errorf("client: %v", err)
			return
		}
	}
	e.echo(len(message) * len(e.clients))
	answer := make([]byte, len(message))
	for _, c := range e.clients {
		if _, err := io.ReadFull(c, answer); err != nil || string(answer) != string(message) {
			e.t.Errorf("client: got %q, %v", answer, err)
			return
		}
	}
}

// echo works the port until so many bytes have been sent back.
func (e *echoes) echo(bytes int) {
	batch := make([]iocp.Completion, 64)
	for bytes > 0 && !e.t.Failed() {
		n, err := e.worker.Wait(batch, echoesBound)
		if err != nil {
			e.t.Errorf("wait: %v", err)
			return
		}
		for _, d := range batch[:n] {
			c := d.Key.(*conn)
			if !c.reading {
				bytes -= d.N
			}
			if d.Err == nil {
				d.Err = c.next(d.N)
			}
			if d.Err != nil {
				e.t.Errorf("echo: %v", d.Err)
			}
		}
	}
}
