package load_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/load"
)

// at changes data if it has the byte at an offset of the stream.
func at(target int64, change func(b *byte)) func([]byte, int64) bool {
	return func(data []byte, offset int64) bool {
		if i := target - offset; i >= 0 && i < int64(len(data)) {
			change(&data[i])
		}
		return true
	}
}

// TestWrongBytesAreFound flips the least bit of one byte in one connection.
func TestWrongBytesAreFound(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		for _, offset := range []int64{0, 63, 500} {
			cfg := serve(t, func(id int, c *net.TCPConn) {
				if id != 2 {
					plainEcho(id, c)
					return
				}
				echoUntil(c, at(offset, func(b *byte) { *b ^= 1 }))
			})
			cfg.Backend, cfg.Warmup, cfg.Duration = backend, 0, time.Second
			res, err := load.Run(context.Background(), cfg)
			var corrupt *load.CorruptError
			if !errors.As(err, &corrupt) || corrupt.Offset != offset {
				t.Fatalf("error %v, want one on byte %d", err, offset)
			}
			if len(corrupt.Came) == 0 || len(corrupt.Sent) != len(corrupt.Came) || corrupt.Came[0] != corrupt.Sent[0]^1 || string(corrupt.Came[1:]) != string(corrupt.Sent[1:]) {
				t.Errorf("%q came instead of %q", corrupt.Came, corrupt.Sent)
			}
			if text := fmt.Sprintf("%q came instead of %q", corrupt.Came, corrupt.Sent); !strings.Contains(err.Error(), text) {
				t.Errorf("the error %q lacks %q", err, text)
			}
			if res.Errors != 1 || res.Messages == 0 {
				t.Errorf("%d errors in %d messages, want 1, and the other connections' messages", res.Errors, res.Messages)
			}
		}
	})
}

// TestMisplacedBytesAreFound has servers whose every byte was sent by somebody
// at some time.
func TestMisplacedBytesAreFound(t *testing.T) {
	for name, change := range map[string]func(data []byte, offset int64) bool{
		"messages swapped": func(data []byte, offset int64) bool {
			if len(data) >= 128 {
				for i := range 64 {
					data[i], data[64+i] = data[64+i], data[i]
				}
			}
			return true
		},
		"message repeated": func(data []byte, offset int64) bool {
			if len(data) >= 128 {
				copy(data[64:128], data)
			}
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := serve(t, func(_ int, c *net.TCPConn) { echoUntil(c, change) })
			cfg.Depth = 16
			wantCorrupt(t, cfg)
		})
	}
	t.Run("another connection's", func(t *testing.T) {
		first := make(chan []byte, 1)
		cfg := serve(t, func(id int, c *net.TCPConn) {
			echoUntil(c, func(data []byte, offset int64) bool {
				if offset > 0 {
					return true
				}
				select {
				case first <- append([]byte(nil), data...):
				case other := <-first:
					copy(data, other)
				}
				return true
			})
		})
		cfg.Conns = 2
		wantCorrupt(t, cfg)
	})
	t.Run("before anything was sent", func(t *testing.T) {
		cfg := serve(t, func(id int, c *net.TCPConn) {
			c.Write([]byte{1})
			plainEcho(id, c)
		})
		wantCorrupt(t, cfg)
	})
	// What is sent repeats itself after this many bytes, so that only their
	// number is wrong, long before the second message is due.
	t.Run("more than was sent", func(t *testing.T) {
		cfg := serve(t, func(_ int, c *net.TCPConn) {
			message := make([]byte, 65521)
			for {
				if _, err := io.ReadFull(c, message); err != nil {
					return
				}
				c.Write(message)
				c.Write(message)
			}
		})
		cfg.Conns, cfg.Size, cfg.Rate = 1, 65521, 0.1
		cfg.Warmup, cfg.Duration = 0, servetest.Bound
		begun := time.Now()
		wantCorrupt(t, cfg)
		if time.Since(begun) >= servetest.Bound {
			t.Error("the run went on without a connection")
		}
	})
}

// wantCorrupt gives a busy machine the time to find it. A run without connections is
// over.
func wantCorrupt(t *testing.T, cfg load.Config) {
	t.Helper()
	cfg.Duration = max(cfg.Duration, 3*time.Second)
	res, err := load.Run(context.Background(), cfg)
	if !errors.As(err, new(*load.CorruptError)) || res == nil || res.Errors == 0 {
		t.Errorf("error %v, want one on wrong bytes; %+v", err, res)
	}
}

func TestLostConnections(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*net.TCPConn)
		want string
	}{
		{"closed", func(*net.TCPConn) {}, "the server closed it"},
		{"reset", func(c *net.TCPConn) { c.SetLinger(0) }, "is lost after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				cfg := serve(t, func(_ int, conn *net.TCPConn) {
					echoUntil(conn, func(_ []byte, offset int64) bool { return offset < 640 })
					c.end(conn)
				})
				cfg.Backend, cfg.Duration = backend, servetest.Bound
				res, err := load.Run(context.Background(), cfg)
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "4 more of the 5") {
					t.Fatalf("error %v, want one with %q", err, c.want)
				}
				if res.Errors != 5 {
					t.Errorf("%d errors, want 5", res.Errors)
				}
			})
		})
	}
}

func TestNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := configFor(t, ln.Addr().String())
	ln.Close()
	if res, err := load.Run(context.Background(), cfg); res != nil || err == nil || !strings.Contains(err.Error(), "nobody listens there") {
		t.Errorf("%v, error %v", res, err)
	}
}
