package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"iocp"
	"iocp/cmd/iocp/load"
	"iocp/cmd/iocp/tune"
)

type tuneCmd struct {
	Conns amount    `default:"50" placeholder:"N" help:"Connections. Default: ${default}."`
	Size  amount    `default:"64" placeholder:"BYTES" help:"Bytes in a message. Default: ${default}."`
	Depth amount    `placeholder:"N" help:"Messages on their way at a time on each connection. Default: 1, and with --rate no limit."`
	Rate  frequency `placeholder:"N" help:"Messages a second over all connections. Default: the next when one has come back."`
	Work  span      `placeholder:"TIME" help:"CPU time that the server spends on each message besides. Default: none."`
	Block span      `placeholder:"TIME" help:"How long it waits for something with each message. Default: not at all."`

	Workers     []int    `placeholder:"N" help:"Numbers of workers to compare. Default: from 1 to twice the CPUs, and with --block 32 times."`
	Concurrency []int    `placeholder:"N" help:"How many of them run at a time. Default: as many as there are, up to the CPUs."`
	Backends    []string `placeholder:"NAME" help:"Backends. Default: those that work here."`
	Batch       []int    `placeholder:"N" help:"How many packets a worker takes at a time. Default: 64, and some others with the default of the rest."`

	Goal   string `enum:"auto,throughput,cpu,p99" default:"auto" help:"What is better: more throughput, less CPU time a message, or a lower p99 latency. Default: throughput, and with --rate cpu."`
	Budget span   `default:"60s" placeholder:"TIME" help:"How long it may take. Default: ${default}."`
	Slice  span   `default:"400ms" placeholder:"TIME" help:"How long each measurement takes. Default: ${default}."`
	JSON   bool   `name:"json" help:"Print the report as a JSON object."`
}

const budgetMax = time.Hour

func (c *tuneCmd) config() (tune.Config, error) {
	cfg := tune.Config{
		Load: load.Config{
			Conns: int(c.Conns), Size: int(c.Size), Depth: int(c.Depth), Rate: float64(c.Rate),
			Workers: max(runtime.GOMAXPROCS(0)/4, 1),
		},
		Axes:   tune.Axes{Backends: c.Backends, Workers: c.Workers, Concurrency: c.Concurrency, Batches: c.Batch},
		Budget: time.Duration(c.Budget), Slice: time.Duration(c.Slice), Blocks: c.Block > 0,
	}
	if c.Goal != "auto" {
		cfg.Goal = c.Goal
	}
	if len(c.Backends) == 0 {
		cfg.Axes.Backends = backendsHere()
	}
	for _, name := range c.Backends {
		if err := checkBackend(name); err != nil {
			return cfg, err
		}
	}
	exe, err := os.Executable()
	if err != nil {
		return cfg, err
	}
	cfg.Launch = tune.Command(exe, "echo", "--model=port", "--listen=127.0.0.1:0",
		fmt.Sprint("--work=", time.Duration(c.Work)), fmt.Sprint("--block=", time.Duration(c.Block)), fmt.Sprint("--message=", c.Size))
	return cfg, c.checkRest()
}

func (c *tuneCmd) checkRest() error {
	switch {
	case c.Work < 0 || c.Block < 0:
		return usageError{errors.New("--work and --block must not be negative: leave them out")}
	case c.Slice < span(10*time.Millisecond) || c.Slice > c.Budget || c.Budget > span(budgetMax):
		return usageError{fmt.Errorf("--slice is %v and --budget %v: give a slice of 10ms or more, and a budget of more than that up to %v", time.Duration(c.Slice), time.Duration(c.Budget), budgetMax)}
	}
	return nil
}

// backendsHere are those that work, first the one that is taken unless another
// is named.
func backendsHere() (names []string) {
	if port, err := iocp.New(iocp.Config{}); err == nil {
		names = append(names, port.Backend())
		port.Close()
	}
	for _, name := range iocp.Backends() {
		if !slices.Contains(names, name) && iocp.Probe(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// Run says first how long it will take. An interrupt ends it with what is
// known by then.
func (c *tuneCmd) Run() error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	plan, err := cfg.Plan()
	if err != nil {
		return usageError{err}
	}
	fmt.Fprintf(os.Stderr, "iocp tune: %v\n", plan)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	status := newStatusLine()
	cfg.Progress = status.show
	report, err := tune.Run(ctx, cfg)
	status.clear()
	if err != nil {
		return err
	}
	write := report.Table
	if c.JSON {
		write = report.JSON
	}
	return write(os.Stdout)
}
