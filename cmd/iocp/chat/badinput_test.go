package chat_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"iocp/cmd/iocp/chat"
	"iocp/cmd/iocp/internal/harmless"
	"iocp/cmd/iocp/internal/servetest"
)

// TestHugeLine sends 1 MiB without a newline: the sender is told, nobody else
// notices, and no memory is kept.
func TestHugeLine(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim, huge := join(t, s, "kim"), raw(t, s)
		before := heap()
		write(t, huge, strings.Repeat("x", 1<<20))
		notice, err := bufio.NewReader(huge).ReadString('\n')
		if err != nil || !strings.HasPrefix(notice, "*** ") {
			t.Errorf("the sender reads %q, %v", notice, err)
		}
		if grown := int64(heap()) - int64(before); grown > 512<<10 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
		write(t, huge, "/rest of the same line\n[huge] the next\n")
		hears(t, kim, "[huge] the next\n")
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestLineLengths(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim, conn := join(t, s, "kim"), raw(t, s)
		longest := "[a] " + strings.Repeat("x", chat.LineMax-4) + "\n"
		write(t, conn, longest+"x"+longest+"\n[a] end\n")
		hears(t, kim, longest+"\n[a] end\n")
	})
}

func TestControlCharacters(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim, conn := join(t, s, "kim"), raw(t, s)
		write(t, conn, "\x00[a] N\x00UL\n[a] CR\rLF\r\n[a] \x1b[2J\x1b]0;title\x07\t\x7f\n"+
			"[a] \u009b2J\u0085\x9b2J\x05\x08\x0e\xff\xfd\x01\n[a] \xc2\x00\x9bA 안\n")
		want := "[a] NUL\n[a] CRLF\n[a] [2J]0;title\t\n[a] ?2J??2J\xfd\n[a] ?A 안\n"
		hears(t, kim, want)
		reads(t, conn, want)
	})
}

// TestPieces lets a line come in two pieces, cut anywhere, and byte by byte.
func TestPieces(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		listener, conn := raw(t, s), raw(t, s)
		conn.SetNoDelay(true)
		const line, heard = "\r[a] 안\u009b\x9b2J\xbe\xc8\xc2\x1b\x9bA\xff\r\n", "[a] 안??2J\xbe\xc8?A\n"
		for cut := range len(line) {
			write(t, conn, line[:cut])
			write(t, conn, line[cut:])
			reads(t, listener, heard)
		}
		for i := range len(line) {
			write(t, conn, line[i:i+1])
		}
		reads(t, listener, heard)
	})
}

// TestGarbage sends noise; its lines arrive as they are, but for what is
// taken out.
func TestGarbage(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		listener, conn := raw(t, s), raw(t, s)
		noise := make([]byte, 200_000)
		rand.NewChaCha8([32]byte{1}).Read(noise)
		noise = append(noise, '\n')
		go io.Copy(io.Discard, conn)
		go conn.Write(noise)
		var clean []byte
		for line := range bytes.Lines(noise) {
			clean = append(harmless.Append(clean, line[:len(line)-1]), '\n')
		}
		reads(t, listener, string(clean))
	})
}

func TestUnfinishedLine(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*net.TCPConn)
		want string
	}{
		{"end of stream", func(c *net.TCPConn) { c.CloseWrite() }, "[a] unfinished\n"},
		{"close", func(c *net.TCPConn) { c.Close() }, "[a] unfinished\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				s := start(t, onBackend(backend))
				kim, conn := join(t, s, "kim"), raw(t, s)
				write(t, conn, "[a] unfinished")
				c.end(conn)
				hears(t, kim, c.want)
			})
		})
	}
}

// TestReset breaks a connection off in the middle of a message, many times.
func TestReset(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim := join(t, s, "kim")
		for i := range 20 {
			conn := raw(t, s)
			write(t, conn, "[a] whole\n[a] brok")
			kim.Await(func(printed string) bool { return strings.Count(printed, "whole\n") > i })
			conn.SetLinger(0)
			conn.Close()
		}
		s.Log.Await(func(log string) bool { return strings.Count(log, "msg=leave") == 20 })
		say(t, kim, "end\n")
		got, err := kim.Await(func(printed string) bool { return strings.HasSuffix(printed, "[kim] end\n") })
		if err != nil || strings.Count(got, "whole\n") != 20 {
			t.Errorf("kim reads %q, %v", got, err)
		}
	})
}

// TestEndlessResend is the book's client after the end of its input. It is
// slowed down, with and without newlines; others are still heard.
func TestEndlessResend(t *testing.T) {
	for _, last := range []string{"hi\n", ""} {
		t.Run(fmt.Sprintf("%q", last), func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				cfg := onBackend(backend)
				cfg.Rate = 10
				s := start(t, cfg)
				kim, mad := join(t, s, "kim"), join(t, s, "mad")
				began := time.Now()
				stop := make(chan struct{})
				ended := make(chan struct{})
				go func() {
					mad.EndInput(last, stop)
					close(ended)
				}()
				for i := range 20 {
					text := fmt.Sprintf("line %d\n", i)
					say(t, kim, text)
					if _, err := kim.Await(func(printed string) bool { return strings.Contains(printed, "[kim] "+text) }); err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Millisecond)
				}
				printed, _ := kim.Await(func(string) bool { return true })
				allowed := int(float64(cfg.Rate)*(10+time.Since(began).Seconds())) + chunkLines
				if heard := strings.Count(printed, "[mad] "); heard > allowed {
					t.Errorf("kim heard %d lines of the flood; the limit allows %d", heard, allowed)
				}
				close(stop)
				mad.Quit()
				<-ended
			})
		})
	}
}

// chunkLines is how many of the flood's lines one receive may bring after the
// budget was still good.
const chunkLines = (16 << 10) / len("[mad] hi\n")

// TestFloodLosesNothing shows that being slowed down is all that happens.
func TestFloodLosesNothing(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := onBackend(backend)
		cfg.Rate = 2000
		s := start(t, cfg)
		kim := join(t, s, "kim")
		text, want := strings.Builder{}, strings.Builder{}
		for i := range 24_000 {
			fmt.Fprintf(&text, "%d\n", i)
			fmt.Fprintf(&want, "[kim] %d\n", i)
		}
		began := time.Now()
		go kim.Type(text.String())
		hears(t, kim, want.String())
		if took := time.Since(began); took < 500*time.Millisecond {
			t.Errorf("it took only %v", took)
		}
	})
}

// TestReaderThatStops lets one member never read. Others hear all; it misses
// lines, and is told when it reads on, between whole lines.
func TestReaderThatStops(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := onBackend(backend)
		cfg.Rate = -1
		s := start(t, cfg)
		kim, stuck := raw(t, s), raw(t, s)
		const count = 3000
		line := "[kim] " + strings.Repeat("x", 4000)
		go func() {
			for i := range count {
				fmt.Fprintf(kim, "%s %d\n", line, i)
			}
		}()
		lines := bufio.NewReader(kim)
		for i := range count {
			if got, err := lines.ReadString('\n'); err != nil || got != fmt.Sprintf("%s %d\n", line, i) {
				t.Fatalf("line %d is %s, %v", i, excerpt(got), err)
			}
		}
		checkSkips(t, stuck, line, count)
	})
}

// checkSkips reads what a member was given that had stopped reading: each
// line is either there, whole, or counted in a notice.
func checkSkips(t *testing.T, conn net.Conn, line string, count int) {
	t.Helper()
	lines := bufio.NewReader(conn)
	next, skips := 0, 0
	for next < count {
		got, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("after line %d: %v", next, err)
		}
		var n int
		if _, err := fmt.Sscanf(got, "*** %d lines skipped\n", &n); err == nil {
			skips++
			next += n
			continue
		}
		if got != fmt.Sprintf("%s %d\n", line, next) {
			t.Fatalf("line %d is %s", next, excerpt(got))
		}
		next++
	}
	if skips == 0 || next != count {
		t.Errorf("%d lines heard or skipped in %d notices, want %d", next, skips, count)
	}
}

func TestStalledReaderIsDisconnected(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		cfg := onBackend(backend)
		cfg.Rate, cfg.StallMax = -1, 200*time.Millisecond
		s := start(t, cfg)
		kim, stuck := raw(t, s), raw(t, s)
		go io.Copy(io.Discard, kim)
		line := "[kim] " + strings.Repeat("x", 8000) + "\n"
		gone := make(chan struct{})
		go func() {
			s.Log.Await(func(log string) bool { return strings.Contains(log, "msg=leave") })
			close(gone)
		}()
		for left := false; !left; {
			select {
			case <-gone:
				left = true
			default:
				write(t, kim, line)
			}
		}
		// A reset, unless the system was still busy with a send: Wine then
		// makes an orderly end of it.
		if _, err := io.Copy(io.Discard, stuck); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the stalled member was not disconnected")
		}
	})
}
