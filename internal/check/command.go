package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A command is a program to run with a limit on its time.
type command struct {
	dir     string   // "" is the root of the repository
	env     []string // on top of this process's own
	timeout time.Duration
	args    []string
	stdout  io.Writer // nil collects it with stderr
}

// run runs c without a standard input and returns what it wrote, less what
// went to c.stdout. The error tells the command and everything returned, so
// that it can be printed as it is.
func (s *session) run(c command) (string, error) {
	ctx, cancel := context.WithTimeout(s.ctx, c.timeout)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if c.stdout != nil {
		cmd.Stdout = c.stdout
	}
	// An interrupted go command ends its children too; a killed one does not.
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	// A grandchild that outlives its parent keeps the pipe open: don't wait.
	cmd.WaitDelay = 20 * time.Second

	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program itself succeeded
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w\ngiven up after %v", err, c.timeout)
	}
	if err != nil {
		err = fmt.Errorf("$ %s\n%s%w", c, out.String(), err)
	}
	return out.String(), err
}

// String is the command as one would type it.
func (c command) String() string {
	words := append(append([]string{}, c.env...), c.args...)
	return strings.Join(words, " ")
}

// goTool is a command of the go tool.
func goTool(timeout time.Duration, env []string, args ...string) command {
	return command{timeout: timeout, env: env, args: append([]string{"go"}, args...)}
}
