// Routineecho is the chapter's first server: a non-blocking accept and an
// alertable wait in turn, and the echoing done by completion routines.
package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"iocp"
	"iocp/routine"
)

const (
	bufSize = 1024
	pause   = 100 * time.Millisecond
)

// perIO is one connection: one operation at a time, and its buffer.
type perIO struct {
	op   routine.Op
	sock *routine.Socket
	buf  [bufSize]byte
}

func main() {
	if len(os.Args) != 2 {
		exit(fmt.Errorf("usage: %s <port>", os.Args[0]))
	}
	addr, err := netip.ParseAddrPort("0.0.0.0:" + os.Args[1])
	exit(err)
	thread, err := routine.New(routine.Config{})
	exit(err)
	ln, err := thread.Listen(addr, iocp.ListenConfig{})
	exit(err)
	fmt.Println("listening on", ln.Addr())
	for {
		_, err := thread.SleepEx(pause, true)
		exit(err)
		acceptAll(ln)
	}
}

// acceptAll takes everybody who has come since the last time. That something
// fails, such as for want of descriptors, may pass: it is tried again.
func acceptAll(ln *routine.Listener) {
	for {
		sock, err := ln.TryAccept()
		if errors.Is(err, iocp.ErrWouldBlock) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Println("Client connected.....")
		io := &perIO{sock: sock}
		io.op.Owner = io
		io.read()
	}
}

// read has the whole buffer filled, whatever length the last message had.
func (io *perIO) read() {
	if err := io.sock.Recv(&io.op, readCompleted, io.buf[:]); err != nil {
		io.close()
	}
}

func readCompleted(err error, n int, op *routine.Op) {
	io := op.Owner.(*perIO)
	if err == nil && n > 0 {
		err = io.sock.Send(op, writeCompleted, io.buf[:n])
	}
	if err != nil || n == 0 {
		io.close()
	}
}

func writeCompleted(err error, _ int, op *routine.Op) {
	io := op.Owner.(*perIO)
	if err != nil {
		io.close()
		return
	}
	io.read()
}

// close is called when nothing is pending.
func (io *perIO) close() {
	io.sock.Close()
	fmt.Println("Client disconnected.....")
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
