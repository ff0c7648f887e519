package join_test

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/join"
)

// TestTerminal types a line in two halves, between which another line comes
// in: it stands on its own, and the first half appears again below it.
func TestTerminal(t *testing.T) {
	r := startRelay(t)
	user, program := servetest.OpenTerminal(t)
	screen := servetest.NewTranscript()
	go io.Copy(screen, user)
	ended := make(chan error, 1)
	before, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		ended <- join.Run(join.Config{Host: r.host, Port: r.port, Name: "kim", In: program, Out: program})
	}()
	sees := func(text string) {
		t.Helper()
		if got, ok := screen.Await(func(shown string) bool { return strings.Contains(shown, text) }); !ok {
			t.Fatalf("the screen shows %q, want %q", got, text)
		}
	}
	sees("> ")
	io.WriteString(user, "hel")
	sees("hel")
	<-r.joined
	r.say("[lee] between\n")
	sees("[lee] between\r\n> hel")
	io.WriteString(user, "lo\r")
	sees("[kim] hello\r\n")
	io.WriteString(user, "q\r")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	after, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal was left in another state: %+v, %v; before: %+v", after, err, before)
	}
}
