package routine_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"iocp"
	"iocp/routine"
)

// A conn is a connection and its one operation, whose Owner leads back to it.
type conn struct {
	sock *routine.Socket
	op   routine.Op
	buf  [1024]byte
}

// received sends back what came. What a routine starts can't complete before
// the next alertable wait, so it need not hurry.
func received(err error, n int, op *routine.Op) {
	c := op.Owner.(*conn)
	if err == nil && n > 0 {
		err = c.sock.Send(op, sent, c.buf[:n])
	}
	if err != nil || n == 0 {
		c.sock.Close()
	}
}

func sent(err error, _ int, op *routine.Op) {
	c := op.Owner.(*conn)
	if err == nil {
		err = c.sock.Recv(op, received, c.buf[:])
	}
	if err != nil {
		c.sock.Close()
	}
}

// The chapter's first echo server: accepts that don't block and alertable
// waits, in turn.
func Example() {
	t, err := routine.New(routine.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close()
	ln, err := t.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	done := false
	var stop routine.Op
	go func() {
		fmt.Println(visit(ln.Addr()))
		t.Queue(&stop, func(error, int, *routine.Op) { done = true })
	}()
	for !done {
		switch s, err := ln.TryAccept(); {
		case err == nil:
			c := &conn{sock: s}
			c.op.Owner = c
			sent(nil, 0, &c.op) // starts to receive
		case !errors.Is(err, iocp.ErrWouldBlock):
			fmt.Println(err)
			return
		}
		if _, err := t.SleepEx(100*time.Millisecond, true); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output: hello <nil>
}

// visit has a message echoed.
func visit(server netip.AddrPort) (string, error) {
	c, err := net.Dial("tcp", server.String())
	if err != nil {
		return "", err
	}
	defer c.Close()
	back := make([]byte, len("hello"))
	if _, err := io.WriteString(c, "hello"); err != nil {
		return "", err
	}
	_, err = io.ReadFull(c, back)
	return string(back), err
}

// ExampleThread_Queue runs a function in another goroutine's alertable wait.
func ExampleThread_Queue() {
	t, err := routine.New(routine.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close()
	var op routine.Op
	go t.Queue(&op, func(error, int, *routine.Op) { fmt.Println("run by the waiting goroutine") })
	ran, err := t.SleepEx(iocp.Infinite, true)
	fmt.Println(ran, err)
	// Output:
	// run by the waiting goroutine
	// true <nil>
}
