package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"iocp/bench/internal/process"
)

// options is the command line.
type options struct {
	kind      kind
	base      contender
	peers     []contender
	scenarios []scenario
	rounds    int
	seconds   float64
	warmup    float64
	cpus      split
	client    string
	out       string
	list      bool
}

// split is who runs on which CPUs; no CPUs at all means wherever the kernel
// likes.
type split struct{ server, client []int }

// threads is how many the client has.
func (o *options) threads() int {
	if o.kind.threads > 0 {
		return o.kind.threads
	}
	if n := len(o.cpus.client); n > 0 {
		return n
	}
	return max(runtime.NumCPU()/2, 1)
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("compare", flag.ContinueOnError)
	load := set.String("load", "echo", "what the servers do: echo, or chat: one speaks, the others listen")
	only := set.String("only", "", "servers to compare with, by name (see -list); NAME/N for N loops (default: all)")
	ours := set.String("base", "", "the server that all are compared with (default: ours)")
	conns := set.String("conns", "", "connections; several: a list (default: 64; chat: 100)")
	sizes := set.String("size", "", "bytes in a message; several: a list (default: 64,16384; chat: 64)")
	depths := set.String("depth", "", "messages on their way at a time, on each connection or in the chat room; several: a list (default: 1; chat: 1,512)")
	rates := set.String("rate", "0", "messages a second, due at fixed times; 0: as depth says; several: a list")
	cpus := set.String("cpus", "auto", "CPUs of the servers and of the client, such as 0-1:2-3; auto: half and half; none: not pinned")
	set.IntVar(&o.rounds, "rounds", 7, "rounds; each gives one pair with each server")
	set.Float64Var(&o.seconds, "seconds", 3, "seconds of a run's window")
	set.Float64Var(&o.warmup, "warmup", 0.5, "seconds before it")
	set.StringVar(&o.client, "client", "auto", "client that puts on the load of echo: c, go, or auto: c if there is a compiler")
	set.StringVar(&o.out, "out", "out", "directory for compare.json and compare.md")
	set.BoolVar(&o.list, "list", false, "list the servers and do nothing")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag", set.Arg(0))
	}
	var ok bool
	if o.kind, ok = findKind(*load); !ok {
		return nil, fmt.Errorf("there is no load %q: choose echo or chat", *load)
	}
	k := o.kind
	var errBase, errOnly, errScenarios, errCPUs error
	o.base, errBase = parseContender(cmp.Or(*ours, k.base))
	o.peers, errOnly = parseContenders(cmp.Or(*only, k.everyone))
	o.scenarios, errScenarios = parseScenarios(cmp.Or(*conns, k.conns), cmp.Or(*sizes, k.sizes), cmp.Or(*depths, k.depths), *rates)
	o.cpus, errCPUs = parseSplit(*cpus)
	return o, errors.Join(errBase, errOnly, errScenarios, errCPUs, o.check())
}

func (o *options) check() error {
	if o.rounds < 1 || o.seconds <= 0 || o.warmup < 0 {
		return errors.New("rounds and seconds must be positive, and warmup not negative")
	}
	if !slices.Contains([]string{"auto", "c", "go"}, o.client) {
		return fmt.Errorf("there is no client %q: choose c, go or auto", o.client)
	}
	for _, c := range append([]contender{o.base}, o.peers...) {
		if chats := c.program.proto != ""; chats != (o.kind.name == "chat") {
			return fmt.Errorf("%s isn't for -load %s", c.name, o.kind.name)
		}
	}
	return nil
}

// parseScenarios combines everything with everything.
func parseScenarios(conns, sizes, depths, rates string) ([]scenario, error) {
	c, errConns := numbers(conns, 1)
	s, errSizes := numbers(sizes, 1)
	d, errDepths := numbers(depths, 1)
	r, errRates := numbers(rates, 0)
	if err := errors.Join(errConns, errSizes, errDepths, errRates); err != nil {
		return nil, err
	}
	var all []scenario
	for _, size := range s {
		for _, depth := range d {
			for _, rate := range r {
				for _, n := range c {
					all = append(all, scenario{Conns: int(n), Size: int(size), Depth: int(depth), Rate: rate})
				}
			}
		}
	}
	return all, nil
}

func numbers(list string, least float64) ([]float64, error) {
	var all []float64
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || n < least {
			return nil, fmt.Errorf("%q is no number from %g up", text, least)
		}
		all = append(all, n)
	}
	return all, nil
}

func parseSplit(text string) (split, error) {
	switch text {
	case "none":
		return split{}, nil
	case "auto":
		all, err := process.CPUs()
		return halves(all), err
	}
	server, client, ok := strings.Cut(text, ":")
	if !ok {
		return split{}, fmt.Errorf("-cpus %s: name the servers' CPUs and the client's, such as 0-1:2-3", text)
	}
	s, errServer := process.ParseCPUs(server)
	c, errClient := process.ParseCPUs(client)
	return split{s, c}, errors.Join(errServer, errClient)
}

// halves gives the servers the first half. One CPU can't be split.
func halves(cpus []int) split {
	if len(cpus) < 2 {
		return split{}
	}
	return split{cpus[:len(cpus)/2], cpus[len(cpus)/2:]}
}
