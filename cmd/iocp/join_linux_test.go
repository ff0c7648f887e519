package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"iocp/cmd/iocp/internal/servetest"
)

// TestSignalsRestoreTheTerminal ends join by signals while a line is being
// typed.
func TestSignalsRestoreTheTerminal(t *testing.T) {
	// What is ignored here, as under nohup, join ignores too; what is heard here isn't.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP, syscall.SIGINT)
	defer signal.Stop(heard)
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			user, program := servetest.OpenTerminal(t)
			before := servetest.TerminalState(t, program)
			shown := servetest.NewTranscript()
			go io.Copy(shown, user)
			cmd := exec.Command(os.Args[0], "join", ln.Addr().(*net.TCPAddr).IP.String(), port(ln), "kim")
			cmd.Args[0] = "iocp" // see testscript.Main
			var complaint strings.Builder
			cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, &complaint
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			shown.Await(func(text string) bool { return strings.Contains(text, "> ") })
			io.WriteString(user, "안녕")
			shown.Await(func(text string) bool { return strings.Contains(text, "안녕") })
			if during := servetest.TerminalState(t, program); during == before {
				t.Error("the terminal isn't in raw mode")
			}
			cmd.Process.Signal(sig)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitFailure {
				t.Errorf("exit code %d", code)
			}
			if text := complaint.String(); !strings.HasPrefix(text, "iocp: ended before") || !strings.Contains(text, sig.String()) {
				t.Errorf("it says %q", text)
			}
			if after := servetest.TerminalState(t, program); after != before {
				t.Errorf("the terminal was left in another state: %+v; before: %+v", after, before)
			}
		})
	}
}

func port(ln net.Listener) string {
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}
