//go:build !race

package routine_test

import (
	"io"
	"testing"

	"iocp/routine"
)

// TestEchoAllocatesNothing counts what the whole process allocates, the peer
// included, which uses package net. The average for a message is rounded down: what
// the process does besides is lost in it.
func TestEchoAllocatesNothing(t *testing.T) {
	overBackends(t, func(t *testing.T, backend string) {
		if backend != "uring" && backend != "epoll" {
			t.Skipf("capability: %s doesn't promise to allocate nothing", backend)
		}
		echoAllocations(newTrial(t, backend))
	})
}

func echoAllocations(t *trial) {
	s, peer := t.pair()
	var op routine.Op
	buf, message, back := make([]byte, 64), make([]byte, 64), make([]byte, 64)
	rounds := 0
	var received, sent routine.Routine
	received = func(err error, n int, op *routine.Op) {
		t.must(err)
		t.must(s.Send(op, sent, buf[:n]))
	}
	sent = func(err error, _ int, op *routine.Op) {
		t.must(err)
		rounds++
		t.must(s.Recv(op, received, buf))
	}
	t.must(s.Recv(&op, received, buf))
	allocs := testing.AllocsPerRun(2000, func() {
		peer.Write(message)
		for want := rounds + 1; rounds < want; {
			_, err := t.thread.SleepEx(bound, true)
			t.must(err)
		}
		io.ReadFull(peer, back)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for each message", allocs)
	}
}
