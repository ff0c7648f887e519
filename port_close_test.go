package iocp_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"iocp"
)

// Close in the middle of everything, many times over, leaves nothing behind.
func TestCloseUnderLoadLeavesNothing(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		descriptors, goroutines := openDescriptors(), runtime.NumGoroutine()
		for round := range 30 {
			s := newStorm(t, iocp.Config{Backend: backend})
			s.run(time.Duration(round%10) * time.Millisecond)
			s.balance()
		}
		settled(t, "goroutines", goroutines, runtime.NumGoroutine)
		settled(t, "descriptors", descriptors, openDescriptors)
	})
}

// Whoever is starting an operation while the port is closed must not touch
// descriptors that have got the numbers of the port's own since.
func TestCloseLetsGoOfDescriptors(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end) && !t.Failed(); {
			closeAmongStarts(t, backend)
		}
	})
}

func closeAmongStarts(t *testing.T, backend string) {
	s := newStorm(t, iocp.Config{Backend: backend})
	socks := s.connected(8)
	var players sync.WaitGroup
	for _, sock := range socks {
		players.Go(func() {
			for sock.Send(new(iocp.Op), make([]byte, 1)) == nil {
			}
		})
	}
	check(t, s.port.Close())
	var pipes [8]struct{ r, w *os.File }
	for i := range pipes {
		var err error
		pipes[i].r, pipes[i].w, err = os.Pipe()
		check(t, err)
	}
	within(t, "submitting after Close", s.port, inBackground(players.Wait))
	for _, p := range pipes {
		var got [16]byte
		p.w.Close()
		if n, _ := p.r.Read(got[:]); n > 0 {
			t.Errorf("somebody wrote % x to a pipe made after Close", got[:n])
		}
		p.r.Close()
	}
}

// connected makes connections whose other ends have sent something and closes
// its worker again.
func (s *storm) connected(n int) (socks []*iocp.Socket) {
	s.t.Helper()
	w := s.port.Worker()
	defer w.Close()
	var accept iocp.Op
	check(s.t, s.listeners[0].AcceptMany(&accept))
	for range n {
		sock, err := s.port.NewSocket(iocp.IPv4)
		check(s.t, err)
		check(s.t, s.port.Associate(sock, nil))
		check(s.t, sock.Connect(new(iocp.Op), s.addr))
		socks = append(socks, sock)
	}
	var dst [1]iocp.Completion
	for sent, connects := 0, 0; sent < n || connects < n; {
		_, err := w.Wait(dst[:], bound)
		check(s.t, err)
		switch peer := dst[0].Socket; {
		case peer != nil:
			check(s.t, s.port.Associate(peer, "peer"))
			check(s.t, peer.Send(new(iocp.Op), make([]byte, 64)))
			sent++
		case dst[0].Key == nil:
			connects++
		}
	}
	return socks
}

// openDescriptors counts them, where the system lists them. Wine lists those of
// the system below it, of which each of its threads has some.
func openDescriptors() int {
	if runtime.GOOS == "windows" {
		return 0
	}
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// settled waits until a count is back where it was.
func settled(t *testing.T, what string, before int, count func() int) {
	t.Helper()
	for end := time.Now().Add(bound); count() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d %s before, %d after\n%s", before, what, count(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}
