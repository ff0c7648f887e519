package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// program is what is built once and run as one or several servers.
type program struct {
	name    string
	source  string   // a Go package, or a C or C++ file, from the module's root
	flags   []string // more for the build
	module  string   // whose version is told: a Go module,
	debian  string   // or a Debian package, which is also what to install,
	asked   string   // or a program on the PATH, which is asked with --version
	title   string
	about   string   // its settings, unless it is told how many loops to run
	backend bool     // takes -backend
	args    []string // more for its command line
	beside  string   // another package, built into the same directory
	proto   string   // what a chat server speaks
	loops   string   // what it has N of as NAME/N; "": loops
}

var programs = []program{
	{name: "server", source: "./servers/server", title: "ours, package server", about: "defaults", backend: true, loops: "ports"},
	{name: fixedName, source: "./servers/server", args: []string{"-fixed"}, title: "ours, package server", about: "defaults", backend: true, loops: "workers, always active"},
	{name: "port", source: "./servers/port", title: "ours, the bare completion port", about: "defaults", backend: true},
	{name: "stdnet", source: "./servers/stdnet", title: "package net", about: "a goroutine and a buffer for each connection"},
	{name: "gnet", source: "./servers/gnet", module: "github.com/panjf2000/gnet/v2", title: "gnet", about: "Multicore: a loop for each CPU"},
	{name: "nbio", source: "./servers/nbio", module: "github.com/lesismal/nbio", title: "nbio", about: "default pollers: one for four CPUs, at least one"},
	{name: "netpoll", source: "./servers/netpoll", module: "github.com/cloudwego/netpoll", title: "netpoll", about: "default pollers: one for twenty CPUs, and one more"},
	{name: "gaio", source: "./servers/gaio", module: "github.com/xtaci/gaio", title: "gaio", about: "one watcher, a buffer for each connection"},
	{name: "evio", source: "./servers/evio", module: "github.com/tidwall/evio", title: "evio", about: "a loop for each CPU, round robin, shared input buffer"},
	// gain takes a function of package syscall by its name in the linker,
	// which Go forbids since 1.23 unless told not to look.
	{name: "gain", source: "./servers/gain", module: "github.com/pawelgaczynski/gain", title: "gain", about: "socket sharding, a worker for each CPU", flags: []string{"-ldflags=-checklinkname=0"}},
	{name: "rio", source: "./servers/rio", module: "github.com/brickingsoft/rio", title: "rio", about: "one ring, a goroutine and a buffer for each connection"},
	{name: "c-uring", source: "c/uring.c", debian: "liburing-dev", flags: []string{"-luring"}, title: "C, io_uring: multishot receive, provided buffers, SINGLE_ISSUER, DEFER_TASKRUN", about: "one loop"},
	{name: "c-epoll", source: "c/epoll.c", debian: "libc6-dev", title: "C, epoll, level-triggered", about: "one loop"},
	{name: "c-libuv", source: "c/libuv.c", debian: "libuv1-dev", flags: []string{"-luv"}, title: "C, libuv, try_write first", about: "one loop"},
	{name: "c-asio", source: "c/asio.cpp", debian: "libasio-dev", title: "C++, Asio, a buffer for each connection", about: "one thread"},

	{name: "chat", source: "./servers/launch", args: []string{"-what", "chat"}, beside: "../cmd/iocp", proto: "raw", title: "ours, iocp chat", about: "defaults, without a bound on what one says", backend: true},
	{name: "nats", source: "./servers/nats", module: "github.com/nats-io/nats-server/v2", proto: "nats", title: "nats-server", about: "defaults, no JetStream"},
	{name: "ergo", source: "./servers/launch", args: []string{"-what", "ergo"}, asked: "ergo", proto: "irc", title: "Ergo", about: "no fakelag, no history"},
	{name: "ngircd", source: "./servers/launch", args: []string{"-what", "ngircd"}, debian: "ngircd", proto: "irc", title: "ngircd", about: "no penalties"},
}

// contender is a program with what it is told.
type contender struct {
	name    string
	program program
	backend string
	loops   int // 0: as recommended
}

// about says what the contender is and how it is set.
func (c contender) about() string {
	settings := c.program.about
	if c.loops > 0 {
		settings = fmt.Sprintf("%s: %d", cmp.Or(c.program.loops, "loops"), c.loops)
	}
	return c.program.title + "; " + settings
}

func (c contender) args(buffer int) []string {
	args := append(slices.Clone(c.program.args), "-addr", "127.0.0.1:0", "-buffer", strconv.Itoa(buffer))
	if c.loops > 0 {
		args = append(args, "-loops", strconv.Itoa(c.loops))
	}
	if c.backend != "" {
		args = append(args, "-backend", c.backend)
	}
	return args
}

// parseContender reads a name such as gnet, gnet/1 (one loop) or server-epoll
// (ours, on a backend).
func parseContender(name string) (contender, error) {
	c := contender{name: name}
	short, loops, given := strings.Cut(name, "/")
	if given {
		n, err := strconv.Atoi(loops)
		if err != nil || n < 1 {
			return c, fmt.Errorf("%s: %q is no number of loops", name, loops)
		}
		c.loops = n
	}
	for _, p := range programs {
		after, isPrefix := strings.CutPrefix(short, p.name)
		backend, isBackend := strings.CutPrefix(after, "-")
		if isPrefix && (after == "" || isBackend && p.backend && backend != "") {
			c.program, c.backend = p, backend
			return c, nil
		}
	}
	return c, fmt.Errorf("there is no server %q: -list shows them", name)
}

func parseContenders(list string) ([]contender, error) {
	var all []contender
	for name := range strings.SplitSeq(list, ",") {
		c, err := parseContender(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// programsOf lists what has to be built, each once.
func programsOf(all []contender) []program {
	var needed []program
	for _, c := range all {
		if !slices.ContainsFunc(needed, func(p program) bool { return p.name == c.program.name }) {
			needed = append(needed, c.program)
		}
	}
	return needed
}
