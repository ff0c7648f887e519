package iocp_test

import (
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"iocp"
)

// TestResetIsNeverAnEnd has a peer reset connections on which a receive waits
// while sends are being made by another goroutine. Linux tells only one of the
// two of the reset, and shows the other the end of the stream: the receive must
// report the reset all the same (C69).
func TestResetIsNeverAnEnd(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		if backend == "sim" || runtime.GOOS == "windows" {
			t.Skip("capability: no foreign end of sim's can be had here, and Wine may end a receive behind a reset without an error")
		}
		for round := range 600 {
			if resetWhileSending(t, backend, time.Duration(round%10)*20*time.Microsecond) {
				t.Fatalf("round %d: a receive saw the end of the stream, where there was a reset", round)
			}
		}
	})
}

// resetWhileSending reports whether the receive ended without an error.
func resetWhileSending(t *testing.T, backend string, pause time.Duration) (ended bool) {
	p := newPort(t, iocp.Config{Backend: backend, Concurrency: 2})
	defer p.Close()
	sock, client := resettable(t, p)
	var recv, send iocp.Op
	buf, out := make([]byte, 64), make([]byte, 16)
	check(t, sock.Recv(&recv, buf))
	check(t, sock.Send(&send, out))
	time.AfterFunc(pause, func() {
		client.SetLinger(0)
		client.Close()
	})
	var workers sync.WaitGroup
	over := make(chan bool, 1)
	for range 2 {
		workers.Go(func() {
			w := p.Worker()
			defer w.Close()
			for {
				done := make([]iocp.Completion, 1)
				if _, err := w.Wait(done, iocp.Infinite); err != nil {
					return
				}
				switch d := done[0]; {
				case d.Op == &recv:
					over <- d.Err == nil
				case d.Err == nil:
					sock.Send(&send, out)
				}
			}
		})
	}
	select {
	case ended = <-over:
	case <-time.After(bound):
		t.Errorf("the receive hangs: %+v", p.Stats())
	}
	p.Close()
	workers.Wait()
	return ended
}

// resettable is a socket of the port's and its foreign end.
func resettable(t *testing.T, p *iocp.Port) (*iocp.Socket, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer ln.Close()
	sock, err := p.NewSocket(iocp.IPv4)
	check(t, err)
	check(t, p.Associate(sock, nil))
	var op iocp.Op
	check(t, sock.Connect(&op, ln.Addr().(*net.TCPAddr).AddrPort()))
	w := p.Worker()
	defer w.Close()
	var done [1]iocp.Completion
	_, err = w.Wait(done[:], bound)
	check(t, err)
	check(t, done[0].Err)
	client, err := ln.Accept()
	check(t, err)
	return sock, client.(*net.TCPConn)
}
