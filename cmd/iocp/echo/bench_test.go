package echo_test

import (
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

// These benchmarks measure what docs/decisions/0006-completion-routines.md
// compares the models by. IOCP_BACKEND chooses the backend.

func benchmarkServers(b *testing.B, bench func(b *testing.B, addr string)) {
	for _, model := range []string{"port", "routine", "routine-op"} {
		b.Run(model, func(b *testing.B) {
			s := servetest.Start(b, service.Config{}, servers[model])
			bench(b, s.Addr)
			s.Stop(b)
		})
	}
}

// BenchmarkAccept lets 20 clients at a time connect, have a message echoed, and
// leave by a reset, which keeps no port occupied.
func BenchmarkAccept(b *testing.B) {
	benchmarkServers(b, func(b *testing.B, addr string) {
		var clients sync.WaitGroup
		began := time.Now()
		todo := make(chan struct{}, b.N)
		for range b.N {
			todo <- struct{}{}
		}
		close(todo)
		for range 20 {
			clients.Go(func() {
				for range todo {
					visit(b, addr)
				}
			})
		}
		clients.Wait()
		b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "accepts/s")
	})
}

func visit(b *testing.B, addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetLinger(0)
	conn.SetDeadline(time.Now().Add(servetest.Bound))
	message := make([]byte, 64)
	if _, err := conn.Write(message); err != nil {
		b.Error(err)
		return
	}
	if _, err := io.ReadFull(conn, message); err != nil {
		b.Error(err)
	}
}

// BenchmarkBurst lets 20 clients connect to an idle server and send, all at
// once; it reports when the first and the last of them had their echo.
func BenchmarkBurst(b *testing.B) {
	benchmarkServers(b, func(b *testing.B, addr string) {
		var first, last time.Duration
		for b.Loop() {
			took := burst(b, addr)
			first, last = first+took[0], last+took[len(took)-1]
			b.StopTimer()
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond) // to meet it at any moment of its turn
			b.StartTimer()
		}
		b.ReportMetric(float64(first.Microseconds())/1e3/float64(b.N), "first-ms")
		b.ReportMetric(float64(last.Microseconds())/1e3/float64(b.N), "last-ms")
	})
}

// burst gives the times after which the clients had their echo, in order.
func burst(b *testing.B, addr string) []time.Duration {
	took := make([]time.Duration, 20)
	var clients sync.WaitGroup
	began := time.Now()
	for i := range took {
		clients.Go(func() {
			visit(b, addr)
			took[i] = time.Since(began)
		})
	}
	clients.Wait()
	slices.Sort(took)
	return took
}
