package servetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"iocp/cmd/iocp/internal/service"
	"iocp/porttest"
)

// childVar, in the environment, makes a test binary a server: its value is the
// name of what to serve, and the backend.
const childVar = "IOCP_TEST_SERVER"

// Child is a process that does nothing but serve, so that what it allocates
// is the server's.
type Child struct {
	Addr string
	PID  int
	in   io.WriteCloser
	out  *bufio.Reader
}

// BeChild turns the process into a server if StartChild started it; it then
// doesn't return. TestMain calls it first.
func BeChild(servers map[string]func(context.Context, service.Config) error) {
	name, backend, ok := strings.Cut(os.Getenv(childVar), ",")
	if !ok {
		return
	}
	runtime.MemProfileRate = 1 // for porttest.Allocations
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		answer(os.Stdin)
		stop()
	}()
	err := servers[name](ctx, service.Config{
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), Backend: backend,
		Out: os.Stdout, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// answer prints, for each line of in, how many objects were allocated since the
// last one, and where.
func answer(in io.Reader) {
	var allocations porttest.Allocations
	for lines := bufio.NewScanner(in); lines.Scan(); {
		fmt.Println(allocations.Grown())
	}
}

// StartChild starts this test binary as the named server.
func StartChild(t *testing.T, name, backend string) *Child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+name+","+backend)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &Child{PID: cmd.Process.Pid, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server's process: %v", err)
		}
	})
	c.Addr = strings.TrimPrefix(c.line(t), "listening on ")
	return c
}

// AllocatesNothing lets the child handle so many messages in a round, until a round
// has next to no allocations; see porttest.AllocateNothing.
func (c *Child) AllocatesNothing(t *testing.T, messages int, handle func()) {
	t.Helper()
	porttest.AllocateNothing(t, func() int { handle(); return messages },
		func() (int64, string) { return c.allocations(t) })
}

// allocations asks the child what it has allocated since it was last asked.
func (c *Child) allocations(t *testing.T) (int64, string) {
	t.Helper()
	fmt.Fprintln(c.in, "allocations")
	count, places, _ := strings.Cut(c.line(t), " ")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n, places
}

func (c *Child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(line, "\r\n")
}
