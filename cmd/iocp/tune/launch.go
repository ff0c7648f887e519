package tune

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"

	"iocp/cmd/iocp/internal/usage"
)

// Command launches servers as processes of their own: a program that takes the
// flags of iocp echo, and prints where it listens. args come before those.
func Command(program string, args ...string) func(Setting) (*Server, error) {
	return func(s Setting) (*Server, error) {
		all := append(append([]string(nil), args...), s.Flags()...)
		cmd := exec.Command(program, all...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("can't start a server: %w", err)
		}
		stop := func() {
			cmd.Process.Kill()
			cmd.Wait()
		}
		host, port, err := listening(out)
		if err != nil {
			stop()
			return nil, fmt.Errorf("the server didn't start: to see why, run %s", s.command())
		}
		srv := &Server{Host: host, Port: port, Stop: stop}
		if _, err := usage.Open(cmd.Process.Pid); err == nil {
			srv.PID = cmd.Process.Pid
		}
		return srv, nil
	}
}

// listening reads where the server listens.
func listening(out io.Reader) (host, port string, err error) {
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", "", err
	}
	return net.SplitHostPort(strings.TrimSpace(strings.TrimPrefix(line, "listening on ")))
}
