package iocp_test

import (
	"testing"

	"iocp"
)

// What a worker has found and leaves behind when it blocks goes into the queue.
// What another finds of the same socket meanwhile must not get ahead of it: that
// one sees the packets in their order (C63).
func TestNothingOvertakesWhatWasLeftBehind(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "restraint")
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, Concurrency: 2})
		defer s.port.Close()
		finder, other := s.port.Worker(), s.port.Worker()
		defer finder.Close()
		defer other.Close()
		socks, peers := s.dialed(finder, 1)
		var recvs [6]iocp.Op
		for i := range recvs {
			check(t, socks[0].Recv(&recvs[i], make([]byte, 1)))
		}
		var dst [1]iocp.Completion
		next := func(w *iocp.Worker) *iocp.Op {
			_, err := w.Wait(dst[:], bound)
			check(t, err)
			check(t, dst[0].Err)
			return dst[0].Op
		}
		for range 63 { // so that with the next it looks into the kernel, though there are packets
			check(t, s.port.Post(nil, 0, nil))
			next(other)
		}
		_, err := peers[0].Write([]byte{0, 1, 2})
		check(t, err)
		if next(finder) != &recvs[0] {
			t.Fatal("the first to complete isn't the first receive")
		}
		finder.Blocking(func() {
			_, err := peers[0].Write([]byte{3, 4, 5})
			check(t, err)
			for i := 1; i < len(recvs); i++ {
				if got := next(other); got != &recvs[i] {
					t.Fatalf("another receive got ahead of number %d", i)
				}
			}
		})
	})
}
