package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A server is under load twice, for a short time and for traceLong more: what the
// shorter took, for making the connections above all, is taken off the longer.
const (
	traceShort = 200 * time.Millisecond
	traceLong  = 3 * time.Second
)

// A traffic is what an echo server is put under.
type traffic struct {
	name    string
	model   string
	backend string
	load    []string
	below   float64 // judged system calls for each operation; 0: they are only shown
}

// byTheClock is what the runtime and the port call every so many milliseconds: naps,
// signals that preempt, and moving sockets between workers. On a slow machine, and
// a traced one among others' programs is slow, that is more for each operation. So it
// is judged apart: a call for every operation, or every other one, would be too many.
var byTheClock = []string{"nanosleep", "epoll_ctl", "getpid", "tgkill", "rt_sigreturn"}

const byTheClockBelow = 0.5

// traffics begins with those that are judged: operations of the port, and package
// server, which makes a call for each answer instead of an operation. The others
// show what to compare them with: epoll, where every operation is a call, and a
// server that has little to do and so little to put together.
var traffics = []traffic{
	{"uring", "port", "uring", []string{"--conns=1000", "--depth=1"}, 0.1},
	{"package server", "server", "uring", []string{"--conns=1000", "--depth=1"}, 0.6},
	{"epoll", "port", "epoll", []string{"--conns=1000", "--depth=1"}, 0},
	{"package server at 1,000 messages a second", "server", "uring", []string{"--conns=1000", "--rate=1000"}, 0},
}

// syscalls counts the system calls that an echo server, with all its threads,
// makes for each operation, the Go runtime's included, such as
// futex: from outside, by strace.
//
// That shows that no call is made for every operation, whoever makes it: one
// more and the count is over 1. It doesn't show the count without strace, which
// stops the server at each call. So more messages wait when it looks, and
// batches are larger; while what goes by the clock, such as the runtime's
// nanosleep, counts for more, since fewer messages are handled meanwhile. Where
// one may, perf stat -e raw_syscalls:sys_enter -p PID counts without stopping
// anything. The calls of our own are counted without any of that by the tests
// of internal/syscalls.
func syscalls(s *session) (string, error) {
	if runtime.GOOS != "linux" {
		return "strace is for Linux", nil
	}
	tool := filepath.Join(s.scratch, "iocp")
	if _, err := s.run(goTool(10*time.Minute, nil, "build", "-buildvcs=false", "-o", tool, "./cmd/iocp")); err != nil {
		return "", err
	}
	var errs []error
	var notes []string
	for _, t := range traffics {
		c, err := s.steadyCalls(tool, t)
		if err != nil {
			return "", err
		}
		notes = append(notes, fmt.Sprintf("%s %s", t.name, c))
		if err := t.judge(c); err != nil {
			errs = append(errs, err)
		}
	}
	return strings.Join(notes, "; "), errors.Join(errs...)
}

// judge compares with what is allowed.
func (t traffic) judge(c callCount) error {
	clock := c.only(byTheClock)
	rest := c.less(clock)
	rest.ops = c.ops
	switch {
	case t.below == 0:
		return nil
	case rest.perOp() >= t.below:
		return fmt.Errorf("%s: %s: not below %v system calls for each operation, %s not counted", t.name, c, t.below, strings.Join(byTheClock, ", "))
	case clock.perOp() >= byTheClockBelow:
		return fmt.Errorf("%s: %s: not below %v of %s for each operation", t.name, c, byTheClockBelow, strings.Join(byTheClock, ", "))
	}
	return nil
}

// A callCount is system calls of each kind, and what they were made for.
type callCount struct {
	calls map[string]int
	ops   int
}

// steadyCalls counts what a server does once it has its connections. A traced server
// on a busy machine may take longer for these than it is given, so that some get no
// answer: then it is given more.
func (s *session) steadyCalls(tool string, t traffic) (c callCount, err error) {
	for _, times := range []time.Duration{1, 5, 25} {
		if c, err = s.steadyWithin(tool, t, times*traceShort, times*traceShort+traceLong); err == nil {
			break
		}
	}
	return c, err
}

func (s *session) steadyWithin(tool string, t traffic, short, long time.Duration) (callCount, error) {
	begun, err := s.countCalls(tool, t, short)
	if err != nil {
		return begun, err
	}
	c, err := s.countCalls(tool, t, long)
	if err == nil && c.ops <= begun.ops {
		err = fmt.Errorf("%s: %d operations in %v and %d in %v", t.name, begun.ops, short, c.ops, long)
	}
	return c.less(begun), err
}

func (s *session) countCalls(tool string, t traffic, d time.Duration) (c callCount, err error) {
	server := []string{tool, "echo", "--model=" + t.model, "--backend=" + t.backend, "--listen=127.0.0.1:0"}
	c.calls, err = s.traced(server, func(addr string) (err error) {
		c.ops, err = s.load(tool, addr, append([]string{"--duration=" + d.String()}, t.load...))
		return err
	})
	return c, err
}

// load has the load tool exchange messages with a server, and returns how many
// operations these are for it: a receive and a send each.
func (s *session) load(tool, addr string, flags []string) (ops int, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	args := []string{tool, "load", host, port, "--warmup=0s", "--json"}
	cmd := command{timeout: time.Minute, args: append(args, flags...)}
	out, err := s.run(cmd)
	if err != nil {
		return 0, err
	}
	var result struct{ Messages, Errors int }
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		return 0, fmt.Errorf("$ %s\n%s%w", cmd, out, err)
	}
	if result.Messages == 0 || result.Errors > 0 {
		return 0, fmt.Errorf("$ %s\n%sit was to have messages, and no errors", cmd, out)
	}
	return 2 * result.Messages, nil
}

// less is c without what o counted.
func (c callCount) less(o callCount) callCount {
	left := maps.Clone(c.calls)
	for kind, n := range o.calls {
		left[kind] = max(0, left[kind]-n)
	}
	return callCount{left, c.ops - o.ops}
}

// only is c with some kinds of calls.
func (c callCount) only(kinds []string) callCount {
	some := map[string]int{}
	for _, kind := range kinds {
		some[kind] = c.calls[kind]
	}
	return callCount{some, c.ops}
}

func (c callCount) perOp() float64 {
	total := 0
	for _, n := range c.calls {
		total += n
	}
	return float64(total) / float64(c.ops)
}

// String tells the count for each operation, and the kinds that are most of it.
func (c callCount) String() string {
	const most = 4
	kinds := slices.SortedFunc(maps.Keys(c.calls), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.calls[b], c.calls[a]), strings.Compare(a, b))
	})
	var told []string
	for _, kind := range kinds[:min(most, len(kinds))] {
		told = append(told, fmt.Sprintf("%s %.3f", kind, float64(c.calls[kind])/float64(c.ops)))
	}
	return fmt.Sprintf("%.3f (%s)", c.perOp(), strings.Join(told, ", "))
}
