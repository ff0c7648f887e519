// Portecho is the chapter's echo server on a completion port: the main
// goroutine accepts, and a worker for each processor echoes.
package main

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync/atomic"

	"iocp"
)

const bufSize = 100

// perHandle is one connection: the key of its completions. It is over when
// nothing is pending any more.
type perHandle struct {
	sock    *iocp.Socket
	pending atomic.Int32 // operations, and who starts the first
}

// perIO is one operation. Its Op leads back to it by the Owner.
type perIO struct {
	op    iocp.Op
	write bool
	buf   iocp.Buf
}

func main() {
	if len(os.Args) != 2 {
		exit(fmt.Errorf("usage: %s <port>", os.Args[0]))
	}
	addr, err := netip.ParseAddrPort("0.0.0.0:" + os.Args[1])
	exit(err)
	port, err := iocp.New(iocp.Config{BufferSize: bufSize})
	exit(err)
	for range runtime.NumCPU() {
		go echo(port.Worker())
	}
	door, err := iocp.New(iocp.Config{Concurrency: 1})
	exit(err)
	ln, err := door.Listen(addr, iocp.ListenConfig{})
	exit(err)
	exit(door.Associate(ln, nil))
	fmt.Println("listening on", ln.Addr())
	var accept iocp.Op
	exit(ln.AcceptMany(&accept))
	done := make([]iocp.Completion, 1)
	for w := door.Worker(); ; {
		_, err := w.Wait(done, iocp.Infinite)
		exit(err)
		if !done[0].More {
			exit(done[0].Err)
		}
		if done[0].Socket == nil { // for want of descriptors, perhaps: it goes on
			fmt.Fprintln(os.Stderr, done[0].Err)
			continue
		}
		h := &perHandle{sock: done[0].Socket}
		h.pending.Store(1)
		if port.Associate(h.sock, h) == nil {
			h.read()
		}
		h.settle()
	}
}

// echo is a worker's life.
func echo(w *iocp.Worker) {
	done := make([]iocp.Completion, 1)
	for {
		_, err := w.Wait(done, iocp.Infinite)
		exit(err)
		h, io := done[0].Key.(*perHandle), done[0].Op.Owner.(*perIO)
		if io.write {
			h.sent(io, done[0].Err)
		} else {
			h.received(io, done[0])
		}
		h.settle()
	}
}

func (h *perHandle) received(io *perIO, c iocp.Completion) {
	fmt.Println("message received!")
	if c.Err != nil || c.N == 0 {
		return // but the sends that are pending go on
	}
	io.write, io.buf = true, c.Buf
	h.pending.Add(1)
	if h.sock.Send(&io.op, io.buf.Bytes()) != nil {
		io.buf.Release()
		h.pending.Add(-1)
		return
	}
	h.read()
}

func (h *perHandle) sent(io *perIO, err error) {
	io.buf.Release()
	if err != nil {
		h.sock.Close() // what else is pending completes now
		return
	}
	fmt.Println("message sent!")
}

// read borrows a buffer when something comes. A peer that never reads can't
// have more than its share of them.
func (h *perHandle) read() {
	io := &perIO{}
	io.op.Owner = io
	h.pending.Add(1)
	if h.sock.RecvPooled(&io.op) != nil {
		h.pending.Add(-1)
	}
}

// settle ends what the caller was about: a completion, or opening.
func (h *perHandle) settle() {
	if h.pending.Add(-1) == 0 {
		h.sock.Close()
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
