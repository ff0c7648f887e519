package echo_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type serveFunc = func(context.Context, service.Config) error

var servers = map[string]serveFunc{}

func init() {
	for _, model := range []string{"port", "server", "routine"} {
		servers[model] = func(ctx context.Context, cfg service.Config) error { return echo.Serve(ctx, model, cfg) }
	}
	servers["routine-op"] = func(ctx context.Context, cfg service.Config) error {
		return echo.ServeRoutine(ctx, echo.AcceptOp, cfg)
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	servetest.BeChild(servers)
	goleak.VerifyTestMain(m)
}

// eachServer runs a test on all models and every backend.
func eachServer(t *testing.T, test func(t *testing.T, serve serveFunc, cfg service.Config)) {
	onServers(t, slices.Sorted(maps.Keys(servers)), test)
}

// eachPortServer leaves out the models on completion routines, whose program
// in the chapter is another.
func eachPortServer(t *testing.T, test func(t *testing.T, serve serveFunc, cfg service.Config)) {
	onServers(t, []string{"port", "server"}, test)
}

func onServers(t *testing.T, models []string, test func(t *testing.T, serve serveFunc, cfg service.Config)) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		for _, model := range models {
			t.Run(model, func(t *testing.T) { test(t, servers[model], service.Config{Backend: backend}) })
		}
	})
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(servetest.Bound))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

func noise(seed uint64, size int) []byte {
	var key [32]byte
	key[0] = byte(seed)
	data := make([]byte, size)
	rand.NewChaCha8(key).Read(data)
	return data
}

// stream sends data in uneven pieces and ends its stream, while it reads what
// comes back up to the server's end.
func stream(conn *net.TCPConn, data []byte) ([]byte, error) {
	failed := make(chan error, 1)
	go func() {
		sizes := rand.New(rand.NewPCG(1, 2))
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+sizes.IntN(20_000))
			if _, err := conn.Write(rest[:n]); err != nil {
				failed <- err
				return
			}
			rest = rest[n:]
		}
		failed <- conn.CloseWrite()
	}()
	back, err := io.ReadAll(conn)
	if err := <-failed; err != nil {
		return back, err
	}
	return back, err
}

func TestEchoIsExact(t *testing.T) {
	eachServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		var clients sync.WaitGroup
		for i := range 32 {
			conn, data := dial(t, s.Addr), noise(uint64(i), 300_000)
			clients.Go(func() {
				if back, err := stream(conn, data); err != nil || !bytes.Equal(back, data) {
					t.Errorf("sent %d bytes, got %d back, %v", len(data), len(back), err)
				}
			})
		}
		clients.Wait()
	})
}

// TestEndOfStreamWithSendsPending is what the chapter's server does wrong: it
// frees a connection at its end of stream, whatever is still being sent.
func TestEndOfStreamWithSendsPending(t *testing.T) {
	eachServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		conn, data := dial(t, s.Addr), noise(7, 8<<20)
		taken := fillUp(t, conn, data)
		back := make(chan []byte, 1)
		go func() {
			conn.Write(data[taken:])
			conn.CloseWrite()
		}()
		go func() {
			all, _ := io.ReadAll(conn)
			back <- all
		}()
		if got := <-back; !bytes.Equal(got, data) {
			t.Errorf("sent %d bytes, got %d back", len(data), len(got))
		}
	})
}

// fillUp writes until nothing more goes in, without reading.
func fillUp(t *testing.T, conn *net.TCPConn, data []byte) (taken int) {
	t.Helper()
	for taken < len(data) {
		conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := conn.Write(data[taken:])
		taken += n
		if err != nil {
			break
		}
	}
	conn.SetDeadline(time.Now().Add(servetest.Bound))
	return taken
}

// TestReaderThatStops shows that a client which never reads is held up, and
// nobody else is.
func TestReaderThatStops(t *testing.T) {
	eachServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		const many = 64 << 20
		if taken := fillUp(t, dial(t, s.Addr), noise(3, many)); taken == many {
			t.Errorf("the server took %d bytes of a client that reads none", taken)
		}
		data := noise(4, 100_000)
		if back, err := stream(dial(t, s.Addr), data); err != nil || !bytes.Equal(back, data) {
			t.Errorf("another client sent %d bytes and got %d back, %v", len(data), len(back), err)
		}
	})
}

func TestResetInMidMessage(t *testing.T) {
	eachServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		conn := dial(t, s.Addr)
		fillUp(t, conn, noise(5, 8<<20))
		conn.SetLinger(0)
		conn.Close()
		data := noise(6, 100_000)
		if back, err := stream(dial(t, s.Addr), data); err != nil || !bytes.Equal(back, data) {
			t.Errorf("another client sent %d bytes and got %d back, %v", len(data), len(back), err)
		}
		if log, ok := s.Log.Await(func(log string) bool { return strings.Count(log, "msg=leave") == 2 }); !ok {
			t.Errorf("the log has no two leaves:\n%s", log)
		}
	})
}

func TestStopDrains(t *testing.T) {
	eachServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		s := servetest.Start(t, cfg, serve)
		idle, conn := dial(t, s.Addr), dial(t, s.Addr)
		ping(t, idle)
		ping(t, conn)
		ended := make(chan error, 2)
		for _, c := range []net.Conn{idle, conn} {
			go func() {
				_, err := io.ReadAll(c)
				c.Close()
				ended <- err
			}()
		}
		s.Stop(t)
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("a client was told of the end by: %v", err)
			}
		}
	})
}

func ping(t testing.TB, conn net.Conn) {
	t.Helper()
	back := make([]byte, 4)
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, back); err != nil || string(back) != "ping" {
		t.Fatalf("got %q, %v", back, err)
	}
}

// TestChapterTexts compares with the texts of the chapter's program: for a
// message, and for the end of the stream, for which it takes a reset too.
func TestChapterTexts(t *testing.T) {
	eachPortServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		for _, end := range []func(*net.TCPConn) error{
			func(*net.TCPConn) error { return nil },
			func(c *net.TCPConn) error { return c.SetLinger(0) },
		} {
			cfg.Chapter = true
			s := servetest.Start(t, cfg, serve)
			conn := dial(t, s.Addr)
			for i := range 2 {
				ping(t, conn)
				s.Out.Await(func(text string) bool { return strings.Count(text, "sent!") > i })
			}
			if err := end(conn); err != nil {
				t.Fatal(err)
			}
			conn.Close()
			s.Log.Await(func(log string) bool { return strings.Contains(log, "msg=leave") })
			s.Stop(t)
			got := strings.Replace(s.Out.String(), s.Addr, "ADDR", 1)
			golden(t, "chapter.txt", got)
		}
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if clean := strings.ReplaceAll(string(want), "\r\n", "\n"); got != clean {
		t.Errorf("printed\n%s\nwant %s:\n%s", got, path, clean)
	}
}

// TestChapterReads100BytesAtATime counts the texts for a longer message.
func TestChapterReads100BytesAtATime(t *testing.T) {
	eachPortServer(t, func(t *testing.T, serve serveFunc, cfg service.Config) {
		cfg.Chapter = true
		s := servetest.Start(t, cfg, serve)
		if _, err := stream(dial(t, s.Addr), noise(8, 1000)); err != nil {
			t.Fatal(err)
		}
		if text, ok := s.Out.Await(func(text string) bool { return strings.Count(text, "received!") >= 11 }); !ok {
			t.Errorf("1000 bytes and the end of the stream were received in less than 11 pieces:\n%s", text)
		}
	})
}

func TestUnknownModel(t *testing.T) {
	if err := echo.Serve(context.Background(), "thread", service.Config{}); err == nil {
		t.Error("no error")
	}
}
