package iocp_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"iocp"
)

// A bench is a port, a worker on it, and a connection with package net's end.
type bench struct {
	*testing.T
	port   *iocp.Port
	worker *iocp.Worker
	sock   *iocp.Socket
	peer   *net.TCPConn
}

func newBench(t *testing.T, port *iocp.Port) *bench {
	t.Helper()
	b := &bench{T: t, port: port, worker: port.Worker()}
	t.Cleanup(b.worker.Close)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	b.sock = b.socket()
	var op iocp.Op
	b.must(b.sock.Connect(&op, ln.Addr().(*net.TCPAddr).AddrPort()))
	peer, err := ln.Accept()
	b.must(err)
	b.must(b.outcome())
	b.peer = peer.(*net.TCPConn)
	t.Cleanup(func() { b.peer.Close() })
	return b
}

// socket is a new one, associated.
func (b *bench) socket() *iocp.Socket {
	b.Helper()
	s, err := b.port.NewSocket(iocp.IPv4)
	b.must(err)
	b.must(b.port.Associate(s, nil))
	b.Cleanup(func() { s.Close() })
	return s
}

// outcome is the error of the next completion.
func (b *bench) outcome() error {
	b.Helper()
	done := make([]iocp.Completion, 1)
	if _, err := b.worker.Wait(done, 20*time.Second); err != nil {
		b.Fatal(err)
	}
	return done[0].Err
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// has skips the test if that is something that the backend hasn't.
func (b *bench) has(err error) {
	b.Helper()
	if errors.Is(err, iocp.ErrNotSupported) {
		b.Skipf("capability: %v", err)
	}
	b.must(err)
}
