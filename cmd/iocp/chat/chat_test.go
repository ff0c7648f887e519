package chat_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/chat"
	"iocp/cmd/iocp/chat/booktest"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
)

func TestMain(m *testing.M) {
	servetest.BeChild(map[string]func(context.Context, service.Config) error{
		"chat": func(ctx context.Context, cfg service.Config) error {
			return chat.Serve(ctx, chat.Config{Config: cfg, Rate: -1})
		},
	})
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, cfg chat.Config) *servetest.Server {
	t.Helper()
	return servetest.Start(t, cfg.Config, func(ctx context.Context, common service.Config) error {
		cfg.Config = common
		return chat.Serve(ctx, cfg)
	})
}

func onBackend(name string) chat.Config { return chat.Config{Config: service.Config{Backend: name}} }

// join connects a client of the book and waits until the room has it: it says
// nothing, so only the server's log tells.
func join(t *testing.T, s *servetest.Server, name string) *booktest.Client {
	t.Helper()
	before := joins(s.Log.String())
	c := connect(t, s, name)
	s.Log.Await(func(log string) bool { return joins(log) > before })
	return c
}

func joins(log string) int { return strings.Count(log, "msg=join") }

func connect(t *testing.T, s *servetest.Server, name string) *booktest.Client {
	t.Helper()
	c, err := booktest.Dial(s.Addr, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Quit)
	return c
}

func say(t *testing.T, c *booktest.Client, text string) {
	t.Helper()
	if _, err := c.Type(text); err != nil {
		t.Fatal(err)
	}
}

// hears waits until exactly text stands on a client's screen.
func hears(t *testing.T, c *booktest.Client, text string) {
	t.Helper()
	got, err := c.Await(func(printed string) bool { return len(printed) >= len(text) })
	if err != nil || got != text {
		t.Errorf("%s reads %s, %v; want %s", c.Name, excerpt(got), err, excerpt(text))
	}
}

func excerpt(text string) string {
	if len(text) > 400 {
		return fmt.Sprintf("%d bytes, %.200q ... %q", len(text), text, text[len(text)-200:])
	}
	return fmt.Sprintf("%q", text)
}

// raw is a client of no particular kind.
func raw(t *testing.T, s *servetest.Server) *net.TCPConn {
	t.Helper()
	before := joins(s.Log.String())
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(servetest.Bound))
	t.Cleanup(func() { conn.Close() })
	s.Log.Await(func(log string) bool { return joins(log) > before })
	return conn.(*net.TCPConn)
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Errorf("read %s, %v; want %s", excerpt(string(got[:n])), err, excerpt(want))
	}
}

func TestBookClients(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim, lee := join(t, s, "kim"), join(t, s, "lee")
		steps := []struct {
			who         *booktest.Client
			types, sent string
		}{
			{kim, "hello\n", "[kim] hello\n"},
			{lee, "/nick x\n", "[lee] /nick x\n"},
			{kim, "\n", "[kim] \n"},
			{lee, "quit\n", "[lee] quit\n"},
			{kim, strings.Repeat("x", 250) + "\n", "[kim] " + strings.Repeat("x", 99) + "[kim] " + strings.Repeat("x", 99) + "[kim] " + strings.Repeat("x", 52) + "\n"},
			{lee, strings.Repeat("y", 99) + "\n", "[lee] " + strings.Repeat("y", 99) + "[lee] \n"},
			{kim, "안녕\n", "[kim] 안녕\n"},
			{lee, "\xbe\xc8\xb3\xe7\n", "[lee] \xbe\xc8\xb3\xe7\n"}, // the same in code page 949
		}
		all := ""
		for _, step := range steps {
			say(t, step.who, step.types)
			all += step.sent
			hears(t, kim, all)
			hears(t, lee, all)
		}
		if quit, _ := kim.Type("Q\n"); !quit {
			t.Error("Q doesn't quit")
		}
		say(t, lee, "alone\n")
		hears(t, lee, all+"[lee] alone\n")
	})
}

// TestNULVariant joins with the students' variant, whose NULs nobody gets.
func TestNULVariant(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim, lee := join(t, s, "kim"), join(t, s, "lee")
		kim.NUL = true
		say(t, kim, "one\ntwo\n")
		say(t, lee, "three\n")
		said := "[kim] one\n[kim] two\n"
		kim.Await(func(printed string) bool { return len(printed) >= len(said+"[lee] three\n") })
		lee.Await(func(printed string) bool {
			return strings.Contains(printed, "three") && strings.Contains(printed, "two")
		})
		kim.Quit()
		s.Log.Await(func(log string) bool { return strings.Contains(log, "msg=leave") })
		say(t, lee, "done\n")
		got, _ := lee.Await(func(printed string) bool { return strings.Contains(printed, "done") })
		if strings.ReplaceAll(got, "[lee] three\n", "") != said+"[lee] done\n" {
			t.Errorf("lee reads %q", got)
		}
	})
}

// TestBurst connects many at once, which the textbook's server can't bear,
// and lets everybody speak.
func TestBurst(t *testing.T) {
	const many, each = 101, 20
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		clients := make([]*booktest.Client, many)
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() { clients[i] = connect(t, s, fmt.Sprint("c", i)) })
		}
		wg.Wait()
		s.Log.Await(func(log string) bool { return joins(log) == many })
		for _, c := range clients {
			wg.Go(func() {
				for n := range each {
					c.Type(fmt.Sprintf("line %d\n", n))
				}
			})
		}
		wg.Wait()
		first := ""
		for i, c := range clients {
			got, err := c.Await(func(printed string) bool { return strings.Count(printed, "\n") >= many*each })
			if err != nil {
				t.Fatalf("%s reads %d of %d lines, %v", c.Name, strings.Count(got, "\n"), many*each, err)
			}
			if i == 0 {
				first = got
				checkOrder(t, got, each)
			}
			if got != first {
				t.Errorf("%s reads the lines in another order than %s", c.Name, clients[0].Name)
			}
		}
	})
}

// checkOrder looks for each sender's lines in their order.
func checkOrder(t *testing.T, text string, each int) {
	t.Helper()
	next := map[string]int{}
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, " ")
		if want := fmt.Sprintf("%s line %d\n", name, next[name]); line != want {
			t.Fatalf("read %q, want %q", line, want)
		}
		next[name]++
	}
	for name, n := range next {
		if n != each {
			t.Errorf("%d lines of %s, want %d", n, name, each)
		}
	}
}

// TestLeaving is what the chapter's server does wrong: after a member has
// left, others hear nothing any more.
func TestLeaving(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		var members []*booktest.Client
		for i := range 5 {
			members = append(members, join(t, s, fmt.Sprint("m", i)))
		}
		for len(members) > 1 {
			members[0].Quit()
			members = members[1:]
			gone := 5 - len(members)
			s.Log.Await(func(log string) bool { return strings.Count(log, "msg=leave") == gone })
			text := fmt.Sprintf("%d left\n", gone)
			say(t, members[0], text)
			for _, m := range members {
				if got, err := m.Await(func(printed string) bool { return strings.HasSuffix(printed, text) }); err != nil {
					t.Errorf("%s reads %q, %v", m.Name, got, err)
				}
			}
		}
	})
}

func TestSilenceOnAccept(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		silent, kim := join(t, s, "silent"), join(t, s, "kim")
		say(t, kim, "hello\n")
		hears(t, silent, "[kim] hello\n")
	})
}

func TestStopSaysSoAndResets(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		s := start(t, onBackend(backend))
		kim := join(t, s, "kim")
		say(t, kim, "hello\n")
		hears(t, kim, "[kim] hello\n")
		s.Stop(t)
		printed, reset := kim.AwaitEnd()
		if !reset || !strings.HasPrefix(printed, "[kim] hello\n*** ") || !strings.HasSuffix(printed, "\n") {
			t.Errorf("kim reads %q, reset: %v", printed, reset)
		}
		if log := s.Log.String(); strings.Contains(log, "level=WARN") || strings.Contains(log, "connection lost") {
			t.Errorf("a stop in good order is logged as\n%s", log)
		}
	})
}

func TestChapterTexts(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		// The chapter's server takes a reset for the end of the stream.
		for _, end := range []func(*booktest.Client){(*booktest.Client).Quit, (*booktest.Client).Reset} {
			cfg := onBackend(backend)
			cfg.Chapter = true
			s := start(t, cfg)
			kim := join(t, s, "kim")
			say(t, kim, "hello\n")
			hears(t, kim, "[kim] hello\n")
			end(kim)
			s.Log.Await(func(log string) bool { return strings.Contains(log, "msg=leave") })
			s.Stop(t)
			want := "listening on " + s.Addr + "\nmessage received!\nmessage received!\n"
			if got := s.Out.String(); got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
		}
	})
}

func TestNameIsLearnedFromTheFirstLine(t *testing.T) {
	s := start(t, onBackend("portable"))
	kim := join(t, s, "kim min su")
	say(t, kim, "hello\n[lee] I am not lee\n")
	hears(t, kim, "[kim min su] hello\n[kim min su] [lee] I am not lee\n")
	if log := s.Log.String(); !strings.Contains(log, `name="kim min su"`) || strings.Contains(log, "name=lee") {
		t.Errorf("the log says\n%s", log)
	}
}
