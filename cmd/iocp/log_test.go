package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"iocp/cmd/iocp/internal/servetest"
)

// TestServersOutliveTheirReaders has nobody read any more what a server logs
// and prints, as when the program behind a pipe has ended.
func TestServersOutliveTheirReaders(t *testing.T) {
	for name, args := range map[string][]string{
		"chat":    {"chat"},
		"port":    {"echo"},
		"server":  {"echo", "--model=server"},
		"routine": {"echo", "--model=routine"},
		"op":      {"echo", "--model=routine", "--accept=op"},
	} {
		t.Run(name, func(t *testing.T) {
			args = append(args, "--listen=127.0.0.1:0", "--chapter", "-v")
			cmd, addr := startUnread(t, args)
			for range 3 {
				converse(t, addr)
			}
			if signals, _ := condition("signals"); signals {
				cmd.Process.Signal(os.Interrupt)
				if err := cmd.Wait(); err != nil {
					t.Errorf("the server ended with %v", err)
				}
			}
		})
	}
}

// startUnread starts a server and closes the pipes to which it writes as soon
// as it is ready.
func startUnread(t *testing.T, args []string) (cmd *exec.Cmd, addr string) {
	t.Helper()
	cmd = exec.Command(os.Args[0], args...)
	cmd.Args[0] = "iocp" // see testscript.Main
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	log.Close()
	return cmd, strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}

// converse says a line that comes back, whatever the server.
func converse(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("the server is gone: %v", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(servetest.Bound))
	const line = "hello\n"
	io.WriteString(conn, line)
	back := make([]byte, len(line))
	if _, err := io.ReadFull(conn, back); err != nil || string(back) != line {
		t.Fatalf("got %q, %v", back, err)
	}
}
