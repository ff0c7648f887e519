// Package mirrortest runs a mirror as a program of its own, for its tests.
package mirrortest

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// argsVar, in the environment, makes a test binary the mirror itself; its
// value is the arguments.
const argsVar = "IOCP_MIRROR_ARGS"

// Bound is how long a test may take over all its waits.
const Bound = 20 * time.Second

// Main is the body of a TestMain. Started by Start, the process is the mirror.
func Main(m *testing.M, mirror func()) {
	if args, ok := os.LookupEnv(argsVar); ok {
		os.Args = append(os.Args[:1], strings.Fields(args)...)
		mirror()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Program is a running mirror.
type Program struct {
	t    *testing.T
	cmd  *exec.Cmd
	In   io.WriteCloser
	Out  *bufio.Reader
	Addr string // of a server, once Ready has returned
}

// Start starts this test binary as the mirror. It is ended with the test.
func Start(t *testing.T, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(os.Environ(), argsVar+"="+strings.Join(args, " "))
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	Must(t, err)
	out, err := p.cmd.StdoutPipe()
	Must(t, err)
	Must(t, p.cmd.Start())
	p.In, p.Out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	return p
}

// Server starts a server on a free port and waits until it listens.
func Server(t *testing.T) *Program {
	t.Helper()
	p := Start(t, "0")
	addr, ready := strings.CutPrefix(p.Line(), "listening on ")
	if !ready {
		t.Fatalf("the server began with %q", addr)
	}
	_, port, err := net.SplitHostPort(addr)
	Must(t, err)
	p.Addr = net.JoinHostPort("127.0.0.1", port)
	return p
}

// Line is the next line that the program prints, without its end.
func (p *Program) Line() string {
	p.t.Helper()
	line, err := p.Out.ReadString('\n')
	Must(p.t, err)
	return strings.TrimRight(line, "\r\n")
}

// Wait waits until the program has ended by itself, and tells how.
func (p *Program) Wait() error { return p.cmd.Wait() }

// Dial connects to the server.
func (p *Program) Dial() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	Must(p.t, err)
	p.t.Cleanup(func() { c.Close() })
	Must(p.t, c.SetDeadline(time.Now().Add(Bound)))
	return c
}

// Echoes sends text and expects it back.
func (p *Program) Echoes(c net.Conn, text string) {
	p.t.Helper()
	_, err := io.WriteString(c, text)
	Must(p.t, err)
	p.Hears(c, text)
}

// Hears expects text.
func (p *Program) Hears(c net.Conn, text string) {
	p.t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != text {
		p.t.Fatalf("got %q, %v, want %q", got[:n], err, text)
	}
}

// Must ends the test if there is an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
