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
	out       string   // "": nothing is written
	picture   string   // "": nothing is drawn
	from      []string // results to show again instead of measuring
	list      bool
}

// threads is how many the client has, whatever the placement.
func (o *options) threads() int {
	if o.kind.threads > 0 {
		return o.kind.threads
	}
	if n := len(o.cpus.client); n > 0 {
		return n
	}
	return max(cmp.Or(len(o.cpus.server), runtime.NumCPU())/2, 1)
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("compare", flag.ContinueOnError)
	load := set.String("load", "echo", "what the servers do: echo; chat: one speaks, the others listen; idle: nothing, with connections that are silent after one message; or slow: hold back clients that don't read what they get")
	only := set.String("only", "", "servers to compare with, by name (see -list); NAME/N for N loops (default: all)")
	ours := set.String("base", "", "the server that all are compared with (default: ours)")
	conns := set.String("conns", "", "connections; several: a list (default: 64; chat: 100; idle: 1000,10000,18000)")
	sizes := set.String("size", "", "bytes in a message; several: a list (default: 64,16384; chat: 64)")
	depths := set.String("depth", "", "messages on their way at a time, on each connection or in the chat room; several: a list (default: 1; chat: 1,512)")
	rates := set.String("rate", "0", "messages a second, due at fixed times; 0: as depth says; several: a list")
	percents := set.String("load-percent", "100", "load as a part of what our server (-base) can do, for which it is tried first; 100: as depth says; several: a list")
	placements := set.String("placement", string(apart), "where the client runs: apart, on CPUs of its own; shared, on the servers' CPUs; or rival, shared with one more process that spins on each of them; several: a list")
	cpus := set.String("cpus", "auto", "CPUs of the servers and of the client, such as 0-1:2-3, or 0-1 if nothing is apart; auto: half and half, or all; none: not pinned")
	set.IntVar(&o.rounds, "rounds", 7, "rounds; each gives one pair with each server")
	set.Float64Var(&o.seconds, "seconds", 3, "seconds of a run's window")
	set.Float64Var(&o.warmup, "warmup", 0.5, "seconds before it")
	set.StringVar(&o.client, "client", "auto", "client that puts on the load of echo: c, go, or auto: c if there is a compiler")
	set.StringVar(&o.out, "out", "", "directory for compare.json and compare.md (default: out; with -from nothing is written unless it is said)")
	set.StringVar(&o.picture, "picture", "", "file for a picture, .svg or .png, of the cost of a message against the connections; needs two numbers of them")
	from := set.String("from", "", "show what was measured before, as compare.json has it, instead of measuring; several files: a list")
	set.BoolVar(&o.list, "list", false, "list the servers and do nothing")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag", set.Arg(0))
	}
	if *from != "" {
		o.from = strings.Split(*from, ",")
		return o, errors.Join(onlyShows(set), o.checkPicture())
	}
	o.out = cmp.Or(o.out, "out")
	var ok bool
	if o.kind, ok = findKind(*load); !ok {
		return nil, fmt.Errorf("there is no load %q: choose echo, chat, idle or slow", *load)
	}
	k := o.kind
	var errBase, errOnly, errScenarios, errPercents, errCPUs error
	o.base, errBase = parseContender(cmp.Or(*ours, k.base))
	o.peers, errOnly = parseContenders(cmp.Or(*only, k.everyone))
	o.scenarios, errScenarios = parseScenarios(cmp.Or(*conns, k.conns), cmp.Or(*sizes, k.sizes), cmp.Or(*depths, k.depths), *rates)
	for i := range o.scenarios {
		o.scenarios[i].Slow = k.slow
	}
	o.scenarios, errPercents = withPercents(o.scenarios, *percents)
	places, errPlaces := parsePlacements(*placements)
	o.cpus, errCPUs = parseSplit(*cpus, slices.Contains(places, apart))
	if err := errors.Join(errBase, errOnly, errScenarios, errPercents, errPlaces, errCPUs); err != nil {
		return nil, err
	}
	o.scenarios, errPlaces = placed(o.scenarios, places, o.cpus)
	return o, errors.Join(errPlaces, o.check(), o.checkScenarios())
}

// onlyShows refuses flags that have no effect on what was measured before.
func onlyShows(set *flag.FlagSet) (err error) {
	set.Visit(func(f *flag.Flag) {
		if !slices.Contains([]string{"from", "picture", "out"}, f.Name) {
			err = errors.Join(err, fmt.Errorf("-%s has no effect on what was measured before, as -from shows it", f.Name))
		}
	})
	return err
}

func (o *options) checkPicture() error {
	if o.picture == "" || isPicture(o.picture) {
		return nil
	}
	return fmt.Errorf("-picture %s: let the name end in .svg or .png", o.picture)
}

// checkScenarios refuses what can't be under a kind of load, and curves
// through a single point.
func (o *options) checkScenarios() error {
	for _, s := range o.scenarios {
		if err := o.checkScenario(s); err != nil {
			return err
		}
	}
	one := func(s scenario) bool { return s.Conns == o.scenarios[0].Conns }
	if o.picture != "" && !slices.ContainsFunc(o.scenarios, func(s scenario) bool { return !one(s) }) {
		return errors.New("-picture draws curves over the connections: let -conns have two numbers at least, or draw several results together with -from")
	}
	return o.checkPicture()
}

func (o *options) checkScenario(s scenario) error {
	switch {
	case s.silent() != o.kind.silent || s.silent() && s.Rate > 0:
		return fmt.Errorf("-load %s can't be had with -depth %d -rate %g", o.kind.name, s.Depth, s.Rate)
	case s.Percent == 0:
		return nil
	case s.Rate > 0:
		return errors.New("-load-percent finds the rate: leave out -rate")
	case s.Depth != 1:
		return fmt.Errorf("-load-percent %g can't be had with -depth %d: messages at a rate come one by one", s.Percent, s.Depth)
	}
	return nil
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
	d, errDepths := numbers(depths, 0)
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
