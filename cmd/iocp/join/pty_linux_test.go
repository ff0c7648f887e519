package join_test

import (
	"io"
	"testing"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/join"
)

// TestTerminal types a Korean line in two halves, between which another line
// comes in: it stands on its own, and the first half appears again below it.
func TestTerminal(t *testing.T) {
	r := startRelay(t)
	user, program := servetest.OpenTerminal(t)
	shown := servetest.NewTranscript()
	go io.Copy(shown, user)
	ended := make(chan error, 1)
	before := servetest.TerminalState(t, program)
	go func() {
		ended <- join.Run(join.Config{Host: r.host, Port: r.port, Name: "kim", In: program, Out: program})
	}()
	sees := func(above, cursor string) {
		t.Helper()
		var s *servetest.Screen
		if _, ok := shown.Await(func(text string) bool {
			s = servetest.NewScreen(80)
			io.WriteString(s, text)
			return s.Above() == above && s.Cursor() == cursor
		}); !ok || len(s.Unknown) > 0 {
			t.Fatalf("the screen shows\n%s%s\nand gets %s; want\n%s%s", s.Above(), s.Cursor(), s.Unknown, above, cursor)
		}
	}
	sees("", "> |")
	io.WriteString(user, "안영\x7f녕")
	sees("", "> 안녕|")
	<-r.joined
	r.say("[이] 사이에\n")
	sees("[이] 사이에\n", "> 안녕|")
	io.WriteString(user, "하세요\x1b[D\x1b[D")
	sees("[이] 사이에\n", "> 안녕하|세요")
	io.WriteString(user, "\x15다시")
	sees("[이] 사이에\n", "> 다시|세요")
	io.WriteString(user, "\r")
	sees("[이] 사이에\n> 다시세요\n[kim] 다시세요\n", "> |")
	io.WriteString(user, "\x1b[A!")
	sees("[이] 사이에\n> 다시세요\n[kim] 다시세요\n", "> 다시세요!|")
	io.WriteString(user, "\x15q\r")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	sees("[이] 사이에\n> 다시세요\n[kim] 다시세요\n> q\n", "|")
	if after := servetest.TerminalState(t, program); after != before {
		t.Errorf("the terminal was left in another state: %+v; before: %+v", after, before)
	}
}
