package load_test

import (
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
	"iocp/cmd/iocp/load"
)

func TestMain(m *testing.M) {
	servetest.BeChild(map[string]func(context.Context, service.Config) error{"echo": serveEcho})
	runtime.MemProfileRate = 1 // for porttest.Allocations
	goleak.VerifyTestMain(m)
}

func serveEcho(ctx context.Context, cfg service.Config) error { return echo.Serve(ctx, "port", cfg) }

// serve runs a server of the standard library: handle gets each connection,
// with its number. It gives the configuration of a short load on it.
func serve(t *testing.T, handle func(id int, c *net.TCPConn)) load.Config {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for id := 0; ; id++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(servetest.Bound))
			all.Go(func() {
				defer conn.Close()
				handle(id, conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		all.Wait()
	})
	return configFor(t, ln.Addr().String())
}

func configFor(t *testing.T, addr string) load.Config {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return load.Config{
		Host: host, Port: port, Conns: 5, Size: 64, Workers: 2,
		Warmup: 20 * time.Millisecond, Duration: 200 * time.Millisecond,
	}
}

func plainEcho(_ int, c *net.TCPConn) { echoUntil(c, nil) }

// echoUntil echoes what it reads. It lets change look at that before, with the
// place of its first byte in the stream; false ends the connection.
func echoUntil(c *net.TCPConn, change func(data []byte, offset int64) bool) {
	buf := make([]byte, 32<<10)
	for offset := int64(0); ; {
		n, err := c.Read(buf)
		if err != nil || change != nil && !change(buf[:n], offset) {
			return
		}
		offset += int64(n)
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// swallow reads and never answers. It gives how much it read.
func swallow(c *net.TCPConn) int64 {
	n, _ := io.Copy(io.Discard, onlyReader{c})
	return n
}

// onlyReader hides other methods, with which io.Copy would not need Read.
type onlyReader struct{ io.Reader }

// run runs a load that must go well.
func run(t *testing.T, cfg load.Config) *load.Result {
	t.Helper()
	res, err := load.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := res.Latencies.TotalCount(); res.Errors != 0 || n == 0 {
		t.Fatalf("%d latencies, %d errors", n, res.Errors)
	}
	return res
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if clean := strings.ReplaceAll(string(want), "\r\n", "\n"); got != clean {
		t.Errorf("printed\n%s\nwant testdata/%s:\n%s", got, name, clean)
	}
}
