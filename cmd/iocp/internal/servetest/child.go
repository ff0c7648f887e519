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

// answer prints, for each line of in, how many objects were allocated so far.
func answer(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println(m.Mallocs)
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

// Mallocs is the number of objects that the child has allocated.
func (c *Child) Mallocs(t *testing.T) uint64 {
	t.Helper()
	fmt.Fprintln(c.in, "mallocs")
	n, err := strconv.ParseUint(c.line(t), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rounds bounds how long AllocatesNothing waits for a steady state.
const rounds = 6

// AllocatesNothing lets the child handle a number of messages, in rounds, and
// fails unless one round takes less than one allocation for each thousand. The
// first rounds fill pools, ours and those of the Go runtime, which keeps
// records of waiting goroutines for each P and fills these stores as goroutines
// happen to move: bounded, but it takes its time.
func (c *Child) AllocatesNothing(t *testing.T, messages int, handle func()) {
	t.Helper()
	handle()
	for range rounds {
		before := c.Mallocs(t)
		handle()
		grown := c.Mallocs(t) - before
		t.Logf("%d allocations in %d messages", grown, messages)
		if grown < uint64(messages/1000) || t.Failed() {
			return
		}
	}
	t.Errorf("no round of %d messages had fewer than %d allocations", messages, messages/1000)
}

func (c *Child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(line, "\r\n")
}
