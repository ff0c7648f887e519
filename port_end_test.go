package iocp_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"iocp"
)

// The end of a stream is reported although there is always a send pending and
// others send at once, as long as the peer takes what comes. (On Linux a receive
// that meets the end while a send is under way is made again after the send.)
func TestEndComesAmongSends(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		s := newStorm(t, iocp.Config{Backend: backend, Concurrency: 3})
		first := s.port.Worker()
		socks, peers := s.dialed(first, 1)
		first.Close()
		sock, peer := socks[0], peers[0].(*net.TCPConn)
		go io.Copy(io.Discard, peer)

		var recv iocp.Op
		var ended atomic.Bool
		var sent atomic.Int32
		end := make(chan struct{})
		var working sync.WaitGroup
		for range 3 {
			working.Go(func() {
				w := s.port.Worker()
				defer w.Close()
				var dst [1]iocp.Completion
				for {
					if _, err := w.Wait(dst[:], iocp.Infinite); err != nil {
						return
					}
					switch c := dst[0]; {
					case c.Op == &recv:
						if c.N != 0 || c.Err != nil {
							t.Errorf("the receive brought %d bytes, %v", c.N, c.Err)
						}
						ended.Store(true)
						close(end)
					case c.Err == nil && !ended.Load():
						if sent.Add(1) == 2000 {
							peer.CloseWrite()
						}
						if err := sock.Send(c.Op, make([]byte, 100)); err != nil && !ended.Load() {
							t.Error(err)
						}
					}
				}
			})
		}
		check(t, sock.Recv(&recv, make([]byte, 1)))
		for range 8 {
			check(t, sock.Send(new(iocp.Op), make([]byte, 100)))
		}
		for range 2 {
			working.Go(func() {
				for !ended.Load() {
					if _, err := sock.TrySend(make([]byte, 100)); err != nil && !errors.Is(err, iocp.ErrWouldBlock) && !ended.Load() {
						t.Error(err)
						return
					}
				}
			})
		}
		within(t, "the end", s.port, end)
		check(t, s.port.Close())
		within(t, "Wait after Close", s.port, inBackground(working.Wait))
	})
}
