package join_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/join"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// relay is a server as the textbook's: it relays each chunk it reads, of 100
// bytes at most, to everybody, whatever lines there are in it.
type relay struct {
	joined     chan struct{} // one for each connection that hears what is said
	host, port string

	mu    sync.Mutex
	conns []net.Conn
	all   sync.WaitGroup
}

func startRelay(t *testing.T) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{joined: make(chan struct{}, 64)}
	r.host, r.port, _ = net.SplitHostPort(ln.Addr().String())
	r.all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(servetest.Bound))
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			r.mu.Unlock()
			r.joined <- struct{}{}
			r.all.Go(func() { r.serve(conn) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		r.mu.Lock()
		for _, c := range r.conns {
			c.Close()
		}
		r.mu.Unlock()
		r.all.Wait()
	})
	return r
}

func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	chunk := make([]byte, 100)
	for {
		n, err := conn.Read(chunk)
		if err != nil {
			return
		}
		r.say(string(chunk[:n]))
	}
}

func (r *relay) say(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		io.WriteString(c, text)
	}
}

// user is somebody at a client, with pipes for keyboard and screen.
type user struct {
	keys   *os.File
	screen *servetest.Transcript
	ended  chan error
}

func start(t *testing.T, r *relay, name string) *user {
	t.Helper()
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	screen, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	u := &user{keys: keys, screen: servetest.NewTranscript(), ended: make(chan error, 1)}
	copied := make(chan struct{})
	go func() {
		io.Copy(u.screen, screen)
		u.screen.Close()
		close(copied)
	}()
	go func() {
		err := join.Run(join.Config{Host: r.host, Port: r.port, Name: name, In: in, Out: out})
		out.Close()
		<-copied
		u.ended <- err
	}()
	t.Cleanup(func() {
		keys.Close()
		<-copied
		in.Close()
		screen.Close()
	})
	return u
}

func (u *user) types(text string) { io.WriteString(u.keys, text) }

func (u *user) sees(t *testing.T, text string) {
	t.Helper()
	got, ok := u.screen.Await(func(printed string) bool { return strings.Contains(printed, text) })
	if !ok {
		t.Fatalf("the screen shows %q, want %q", got, text)
	}
}

func (u *user) ends(t *testing.T) error {
	t.Helper()
	select {
	case err := <-u.ended:
		return err
	case <-time.After(servetest.Bound):
		t.Fatal("the client doesn't end")
		return nil
	}
}

func eachBackend(t *testing.T, test func(t *testing.T)) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Setenv("IOCP_BACKEND", backend)
		test(t)
	})
}

func TestConversation(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := startRelay(t)
		kim, lee := start(t, r, "kim"), start(t, r, "lee")
		kim.types("hello\n")
		kim.sees(t, "[kim] hello\n")
		lee.types("hi\n")
		lee.sees(t, "[lee] hi\n")
		kim.sees(t, "[lee] hi\n")
		kim.types("Q\nnot said\n")
		if err := kim.ends(t); err != nil {
			t.Errorf("kim ends with %v", err)
		}
		lee.keys.Close()
		if err := lee.ends(t); err != nil {
			t.Errorf("lee ends with %v", err)
		}
		if text := lee.screen.String(); strings.Contains(text, "not said") {
			t.Errorf("lee sees %q", text)
		}
	})
}

// TestTornAndMergedLines gets lines as the textbook's server relays them.
func TestTornAndMergedLines(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := startRelay(t)
		kim := start(t, r, "kim")
		kim.types("here\n")
		kim.sees(t, "here\n")
		for _, piece := range []string{"[a] on", "e\n[b] two\n[c] th", "ree", "\n"} {
			r.say(piece)
			time.Sleep(5 * time.Millisecond) // so that it is a segment of its own
		}
		kim.sees(t, "[kim] here\n[a] one\n[b] two\n[c] three\n")
	})
}

// TestLongInput is more than fits into any queue, and all of it comes back.
func TestLongInput(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := startRelay(t)
		kim := start(t, r, "kim")
		var want strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&want, "[kim] line %d %s\n", i, strings.Repeat("x", 300))
		}
		go func() {
			kim.types(strings.ReplaceAll(want.String(), "[kim] ", ""))
			kim.keys.Close()
		}()
		if err := kim.ends(t); err != nil {
			t.Error(err)
		}
		if got := kim.screen.String(); got != want.String() {
			t.Errorf("sent %d bytes, %d came back", want.Len(), len(got))
		}
	})
}

// TestPiecesOfLongLines gets a line that is longer than any is kept, of
// characters of three bytes that end anywhere.
func TestPiecesOfLongLines(t *testing.T) {
	for offset := range 3 {
		r := startRelay(t)
		kim := start(t, r, "kim")
		kim.types("here\n")
		kim.sees(t, "here\n")
		line := strings.Repeat("x", offset) + strings.Repeat("한", 70_000) + "\n"
		r.say(line)
		got, ok := kim.screen.Await(func(printed string) bool { return strings.Count(printed, "한") == 70_000 })
		if !ok || strings.ReplaceAll(strings.TrimPrefix(got, "[kim] here\n"), "\n", "")+"\n" != line {
			t.Errorf("offset %d: %d characters of 70000 came, and others: %v", offset, strings.Count(got, "한"), strings.Contains(got, "\ufffd"))
		}
	}
}

// TestEndAfterLeaving tells a server that closes from one that breaks the
// connection off, which may have lost what was said.
func TestEndAfterLeaving(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for linger, want := range map[int]string{-1: "", 0: "is lost"} {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			r := &relay{}
			r.host, r.port, _ = net.SplitHostPort(ln.Addr().String())
			kim := start(t, r, "kim")
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			kim.types("hello\n")
			kim.keys.Close()
			if _, err := io.ReadAll(conn); err != nil {
				t.Fatal(err)
			}
			conn.(*net.TCPConn).SetLinger(linger)
			conn.Close()
			err = kim.ends(t)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("linger %d: kim ends with %v", linger, err)
			}
		}
	})
}

func TestHarmless(t *testing.T) {
	for _, c := range []struct{ name, sent, seen string }{
		{"escape", "[a] \x1b[2Jx\n", "[a] ␛[2Jx\n"},
		{"bell and delete", "\x07\x7f\n", "␇␡\n"},
		{"return within", "a\rb\r\n", "a␍b\n"},
		{"NUL", "\x00[a] b\x00\n", "[a] b\n"},
		{"tab", "a\tb\n", "a\tb\n"},
		{"control characters of Latin-1", "a\u009bb\n", "a\ufffdb\n"},
		{"direction", "a\u202eb\u2066c\n", "a\ufffdb\ufffdc\n"},
		{"no UTF-8", "\xbe\xc8\n", "\ufffd\ufffd\n"},
		{"Hangul", "안녕\n", "안녕\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := startRelay(t)
			kim := start(t, r, "kim")
			kim.types("here\n")
			kim.sees(t, "here\n")
			r.say(c.sent)
			kim.sees(t, "here\n"+c.seen)
		})
	}
}

func TestServerGoes(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for _, end := range []func(net.Conn){
			func(c net.Conn) { c.(*net.TCPConn).CloseWrite() },
			func(c net.Conn) {
				c.(*net.TCPConn).SetLinger(0)
				c.Close()
			},
		} {
			r := startRelay(t)
			kim := start(t, r, "kim")
			kim.types("here\n")
			kim.sees(t, "here\n")
			r.say("unfinished")
			kim.types("more\n")
			kim.sees(t, "unfinished[kim] more\n")
			r.mu.Lock()
			end(r.conns[0])
			r.mu.Unlock()
			if err := kim.ends(t); err == nil || !strings.Contains(err.Error(), "the server at") {
				t.Errorf("kim ends with %v", err)
			}
		}
	})
}

// TestServerDoesntClose shows that leaving takes a second at most.
func TestServerDoesntClose(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	r := &relay{}
	r.host, r.port, _ = net.SplitHostPort(ln.Addr().String())
	kim := start(t, r, "kim")
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	kim.types("hello\nq\n")
	if err := kim.ends(t); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(conn); string(got) != "[kim] hello\n" {
		t.Errorf("the server got %q, %v", got, err)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"k", "kim", "김민수", "exactly-17-bytes!", "with space"} {
		if err := join.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "eighteen-bytes-18!", "a[", "b]", "a\tb", "a\x1b", "a\x7f", "a\nb", "a\u009bb", "a\x9b2", "a\xff", "a\u202eb"} {
		if err := join.CheckName(name); err == nil {
			t.Errorf("%q is no error", name)
		}
	}
}
