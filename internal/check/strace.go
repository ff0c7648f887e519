package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// traced runs a server under strace while use, which gets its address, makes
// use of it. It returns how many system calls of each kind the server and its
// threads have made, from its start on.
func (s *session) traced(server []string, use func(addr string) error) (map[string]int, error) {
	table := filepath.Join(s.scratch, "strace")
	// With -I 2 an interrupt ends strace, which passes it on to the server and
	// writes its table; with -o it would ignore interrupts.
	args := append([]string{"strace", "-f", "-c", "-U", "name,calls", "-I", "2", "-o", table}, server...)
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	addr, over := make(chan string, 1), make(chan error, 1)
	go func() {
		out := &lineWriter{line: func(line string) {
			if at, ok := strings.CutPrefix(line, "listening on "); ok {
				addr <- at
			}
		}}
		serving := &session{ctx: ctx}
		_, err := serving.run(command{timeout: time.Minute, args: args, stdout: out})
		over <- err
	}()
	select {
	case at := <-addr:
		err := use(at)
		stop()
		<-over // it is always an error: an interrupt ended it
		if err != nil {
			return nil, err
		}
	case err := <-over:
		return nil, fmt.Errorf("no server under strace (in a container, ptrace has to be allowed: --cap-add=SYS_PTRACE): %w", err)
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, err
	}
	return parseCalls(string(text))
}

// parseCalls reads the table of strace -c -U name,calls.
func parseCalls(table string) (map[string]int, error) {
	calls := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(table))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 2 || f[0] == "total" {
			continue
		}
		if n, err := strconv.Atoi(f[1]); err == nil {
			calls[f[0]] += n
		}
	}
	if len(calls) == 0 {
		return nil, fmt.Errorf("strace counted nothing:\n%s", table)
	}
	return calls, nil
}
