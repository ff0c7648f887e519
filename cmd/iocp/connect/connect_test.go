package connect_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/connect"
	"iocp/cmd/iocp/internal/servetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server for one connection and gives host and port of it.
func serve(t *testing.T, addr string, handle func(net.Conn)) (host, port string) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(servetest.Bound))
		handle(conn)
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	host, port, _ = net.SplitHostPort(ln.Addr().String())
	return host, port
}

func echo(conn net.Conn) { io.Copy(conn, conn) }

// echoByteByByte lets each byte be a segment of its own.
func echoByteByByte(conn net.Conn) {
	conn.(*net.TCPConn).SetNoDelay(true)
	b := make([]byte, 1)
	for {
		if _, err := conn.Read(b); err != nil {
			return
		}
		conn.Write(b)
	}
}

const prompt = "Input message(Q to quit) : "

func answered(lines ...string) string {
	text := "Connected.................\n"
	for _, line := range lines {
		text += prompt + "Message from server : " + line + "\n"
	}
	return text + prompt
}

func run(host, port, input string) (string, error) {
	var out bytes.Buffer
	err := connect.Run(connect.Config{Host: host, Port: port, In: strings.NewReader(input), Out: &out})
	return out.String(), err
}

func TestTranscripts(t *testing.T) {
	long := strings.Repeat("long ", 1<<20)
	for _, c := range []struct{ name, input, want string }{
		{"q", "hello\nworld\nq\nmore\n", answered("hello", "world")},
		{"Q", "hello\nQ\n", answered("hello")},
		{"q at once", "q\n", answered()},
		{"not q alone", "quit\nqq\n q\n", answered("quit", "qq", " q")},
		{"end of input", "hello\n", answered("hello")},
		{"no input", "", answered()},
		{"last line without end", "hello\nworld", answered("hello", "world")},
		{"empty lines", "\nhello\n\n", answered("", "hello", "")},
		{"longer than the chapter's buffer", strings.Repeat("x", 1023) + "\n" + strings.Repeat("y", 5000) + "\n",
			answered(strings.Repeat("x", 1023), strings.Repeat("y", 5000))},
		{"several MiB", long + "\nafter\n", answered(long, "after")},
		{"any bytes", "\x00\xff\t안녕\n", answered("\x00\xff\t안녕")},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				t.Setenv("IOCP_BACKEND", backend)
				host, port := serve(t, "127.0.0.1:0", echo)
				if got, err := run(host, port, c.input); err != nil || got != c.want {
					t.Errorf("printed %.300q, %v; want %.300q", got, err, c.want)
				}
			})
		})
	}
}

// TestTerminalGetsItsLineBack ends the input where the prompt stands.
func TestTerminalGetsItsLineBack(t *testing.T) {
	host, port := serve(t, "127.0.0.1:0", echo)
	var out bytes.Buffer
	err := connect.Run(connect.Config{Host: host, Port: port, In: strings.NewReader("hello\n"), Out: &out, Terminal: true})
	if want := answered("hello") + "\n"; err != nil || out.String() != want {
		t.Errorf("printed %q, %v; want %q", out.String(), err, want)
	}
}

// TestTerminalObeysNothing has answers on a terminal, and elsewhere.
func TestTerminalObeysNothing(t *testing.T) {
	for visible, want := range map[bool]string{true: "␛[2J\ufffdx", false: "\x1b[2J\x9bx"} {
		host, port := serve(t, "127.0.0.1:0", echo)
		var out bytes.Buffer
		err := connect.Run(connect.Config{Host: host, Port: port, In: strings.NewReader("\x1b[2J\x9bx\n"), Out: &out, Visible: visible})
		if err != nil || out.String() != answered(want) {
			t.Errorf("visible %v: printed %q, %v", visible, out.String(), err)
		}
	}
}

// TestSilentServer answers one line, and then only the beginning of another.
func TestSilentServer(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Setenv("IOCP_BACKEND", backend)
		host, port := serve(t, "127.0.0.1:0", func(conn net.Conn) {
			io.CopyN(conn, conn, int64(len("hello")+2))
			io.Copy(io.Discard, conn)
		})
		var out bytes.Buffer
		err := connect.Run(connect.Config{Host: host, Port: port, In: strings.NewReader("hello\nworld\nmore\n"), Out: &out, Timeout: 300 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), "2 of 5 bytes and then nothing for 300ms") {
			t.Errorf("error %v", err)
		}
		if out.String() != answered("hello") {
			t.Errorf("printed %q", out.String())
		}
	})
}

// TestAnswersInPieces is what the chapter's client was made stable for.
func TestAnswersInPieces(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		t.Setenv("IOCP_BACKEND", backend)
		host, port := serve(t, "127.0.0.1:0", echoByteByByte)
		line := strings.Repeat("piece by piece ", 100)
		if got, err := run(host, port, line+"\nb\n"); err != nil || got != answered(line, "b") {
			t.Errorf("printed %q, %v", got, err)
		}
	})
}

// TestNothingIsSentForNothing looks at what goes to the server: no newlines.
func TestNothingIsSentForNothing(t *testing.T) {
	got := make(chan string, 1)
	host, port := serve(t, "127.0.0.1:0", func(conn net.Conn) {
		var all bytes.Buffer
		io.Copy(io.MultiWriter(conn, &all), conn)
		got <- all.String()
	})
	if _, err := run(host, port, "\na\n\nb\n"); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "ab" {
		t.Errorf("the server received %q", text)
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ listen, host string }{
		{"127.0.0.1:0", "127.0.0.1"},
		{"127.0.0.1:0", "localhost"},
		{"[::1]:0", "::1"},
	} {
		t.Run(c.host, func(t *testing.T) {
			_, port := serve(t, c.listen, echo)
			if got, err := run(c.host, port, "hello\n"); err != nil || got != answered("hello") {
				t.Errorf("printed %q, %v", got, err)
			}
		})
	}
}

func TestLostServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		handle func(net.Conn)
		want   string
	}{
		{"end before any answer", func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) }, "closed the connection"},
		{"end in the answer", func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("hel")) }, "closed the connection"},
		{"reset", func(c net.Conn) {
			io.ReadFull(c, make([]byte, 5))
			c.(*net.TCPConn).SetLinger(0)
		}, "is lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			servetest.EachBackend(t, func(t *testing.T, backend string) {
				t.Setenv("IOCP_BACKEND", backend)
				host, port := serve(t, "127.0.0.1:0", c.handle)
				_, err := run(host, port, "hello\nworld\n")
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
			})
		})
	}
}

func TestNoServer(t *testing.T) {
	host, port := serve(t, "127.0.0.1:0", echo)
	if _, err := run(host, port, ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ host, port, want string }{
		{"127.0.0.1", freePort(t), "nobody listens there"},
		{"127.0.0.1", "0", "is no port"},
		{"127.0.0.1", "http!", "is no port"},
		{"127.0.0.1", "70000", "is no port"},
		{"no such host", "80", "no address is known"},
	} {
		_, err := run(c.host, c.port, "hello\n")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error %v, want one with %q", c.host, c.port, err, c.want)
		}
	}
}

// freePort is a port on which nobody listens any more.
func freePort(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}
