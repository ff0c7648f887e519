package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"iocp/cmd/iocp/internal/servetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"iocp": main})
}

func TestScripts(t *testing.T) {
	servetest.EachBackend(t, func(t *testing.T, backend string) {
		testscript.Run(t, testscript.Params{
			Dir:       filepath.Join("testdata", "script"),
			Setup:     func(env *testscript.Env) error { return setup(env, backend) },
			Condition: condition,
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"serve": serveCmd,
				"stop":  stopCmd,
				"exits": exitsCmd,
			},
		})
	})
}

// children are a script's servers by name.
type children struct {
	mu     sync.Mutex
	byName map[string]*child
}

// childrenKey is where a script has them.
type childrenKey struct{}

type child struct {
	cmd      *exec.Cmd
	out, err *servetest.Transcript
}

func setup(env *testscript.Env, backend string) error {
	env.Setenv("IOCP_BACKEND", backend)
	env.Setenv("BACKEND", backend)
	c := &children{byName: map[string]*child{}}
	env.Values[childrenKey{}] = c
	env.Defer(c.kill)
	return nil
}

// kill ends the servers that a script has left running.
func (c *children) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, child := range c.byName {
		child.cmd.Process.Kill()
		child.cmd.Wait()
	}
}

// condition knows what a system may lack.
func condition(name string) (bool, error) {
	if name == "signals" {
		return runtime.GOOS != "windows", nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// serveCmd is "serve NAME ARGS...": it starts iocp with the arguments, waits
// until it listens, and sets NAME_ADDR, NAME_HOST and NAME_PORT.
func serveCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve NAME ARGS...")
	}
	name := args[0]
	c := &child{cmd: command(ts, args[1:]), out: servetest.NewTranscript(), err: servetest.NewTranscript()}
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.err
	ts.Check(c.cmd.Start())
	all := ts.Value(childrenKey{}).(*children)
	all.mu.Lock()
	all.byName[name] = c
	all.mu.Unlock()
	text, ok := c.out.Await(func(text string) bool { return strings.Contains(text, "\n") })
	if !ok {
		ts.Fatalf("%s isn't ready: %q, %q", name, text, c.err)
	}
	first, _, _ := strings.Cut(text, "\n")
	addr := strings.TrimPrefix(strings.TrimSpace(first), "listening on ")
	host, port, err := net.SplitHostPort(addr)
	ts.Check(err)
	ts.Setenv(name+"_ADDR", addr)
	ts.Setenv(name+"_HOST", host)
	ts.Setenv(name+"_PORT", port)
}

// stopCmd is "stop NAME": it interrupts a server, which must end well, and
// leaves what it printed in NAME.out and NAME.err.
func stopCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stop NAME")
	}
	all := ts.Value(childrenKey{}).(*children)
	all.mu.Lock()
	c := all.byName[args[0]]
	delete(all.byName, args[0])
	all.mu.Unlock()
	ts.Check(c.cmd.Process.Signal(os.Interrupt))
	err := c.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(c.out.String()), 0o666))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), []byte(c.err.String()), 0o666))
	if err != nil {
		ts.Fatalf("%s: %v\n%s", args[0], err, c.err)
	}
}

// exitsCmd is "exits CODE ARGS...": iocp with the arguments must end with the
// code, and complain in one line on standard error, which it leaves in the
// file complaint.
func exitsCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := command(ts, args[1:])
	var complaint strings.Builder
	cmd.Stderr = &complaint
	cmd.Run()
	text := strings.ReplaceAll(complaint.String(), "\r\n", "\n")
	ts.Logf("%s", text)
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "iocp: ") {
		ts.Fatalf("not one line that begins with iocp: %q", text)
	}
	ts.Check(os.WriteFile(ts.MkAbs("complaint"), []byte(text), 0o666))
}

// command is iocp, in the script's environment.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath("iocp")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"IOCP_BACKEND", "PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "WINEPREFIX"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}
