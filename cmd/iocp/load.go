package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"iocp/cmd/iocp/load"
)

type loadCmd struct {
	place
	Scenario string    `enum:"echo,idle,storm,half,slow,fanout" default:"echo" help:"What to do to the server: echo, messages on all connections; idle, on few of many; storm, new connections all the time; half, the same, half-closed; slow, clients that read slowly; fanout, what one says all hear, as of iocp chat. Default: ${default}."`
	Conns    amount    `default:"50" placeholder:"N" help:"Connections. Default: ${default}."`
	Depth    amount    `placeholder:"N" help:"Messages on their way at a time on each connection; in storm and half, messages in its life. Default: 1, and with --rate no limit."`
	Size     amount    `placeholder:"BYTES" help:"Bytes in a message. Default: 64; in slow 16KiB."`
	Rate     frequency `placeholder:"N" help:"Messages a second over all connections, due at fixed times from which their latency counts; in storm and half, connections. Default: the next when one has come back."`
	Duration span      `default:"10s" placeholder:"TIME" help:"How long to measure. Default: ${default}."`
	Warmup   span      `default:"1s" placeholder:"TIME" help:"How long to run before that. Default: ${default}."`

	Active   amount    `placeholder:"N" help:"In idle: connections that are active. Default: one in a hundred."`
	Sources  int       `placeholder:"N" help:"Loopback addresses to connect from, 127.0.0.1 and the next. Default: the system chooses."`
	Abort    bool      `help:"In storm and half: end connections with a reset."`
	ReadRate frequency `placeholder:"N" help:"In slow: bytes a second to read on each connection. Default: 64KiB."`
	Ahead    amount    `placeholder:"BYTES" help:"In slow: send at most so much more than was read. Default: 64MiB."`

	thresholds

	JSON        bool   `name:"json" xor:"output" help:"Print the result as a JSON object."`
	Bench       bool   `xor:"output" help:"Print the result as a Go benchmark's, for benchstat."`
	ServerPID   int    `name:"server-pid" placeholder:"PID" help:"The server's process, to tell its CPU time per message (Linux, Windows) and its memory (Linux)."`
	Workers     int    `placeholder:"N" help:"Goroutines that share the connections. Default: one for each four CPUs."`
	Backend     string `placeholder:"NAME" help:"What to run on (see iocp version). Default: the first that works."`
	AllowRemote bool   `help:"Load another machine than this one."`
}

func (c *loadCmd) config() (load.Config, error) {
	if err := c.split(); err != nil {
		return load.Config{}, err
	}
	cfg := load.Config{
		Host: c.Host, Port: c.Port, AllowRemote: c.AllowRemote, Backend: c.Backend,
		Scenario: c.Scenario, Conns: int(c.Conns), Size: int(c.Size), Depth: int(c.Depth), Rate: float64(c.Rate), Workers: c.Workers,
		Active: int(c.Active), Sources: c.Sources, Abort: c.Abort, ReadRate: float64(c.ReadRate), AheadMax: int(c.Ahead),
		Warmup: time.Duration(c.Warmup), Duration: time.Duration(c.Duration), ServerPID: c.ServerPID,
	}
	if cfg.Workers == 0 {
		cfg.Workers = max(runtime.GOMAXPROCS(0)/4, 1)
	}
	if err := cfg.Check(); err != nil {
		return cfg, usageError{err}
	}
	if err := c.thresholds.check(c.Scenario); err != nil {
		return cfg, usageError{err}
	}
	return cfg, checkBackend(c.Backend)
}

// Run prints what was measured, also when that ended with an error or an
// interrupt. A second interrupt ends the process at once.
func (c *loadCmd) Run() error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	status := newStatusLine()
	cfg.Progress = func(p load.Progress) { status.show("iocp load: " + p.String()) }
	result, err := load.Run(ctx, cfg)
	status.clear()
	if errors.As(err, new(*load.RemoteError)) {
		return usageError{err}
	}
	if result == nil {
		return err
	}
	return errors.Join(c.judge(result, err), c.print(result))
}

func (c *loadCmd) print(result *load.Result) error {
	switch {
	case c.JSON:
		return result.JSON(os.Stdout)
	case c.Bench:
		return result.Bench(os.Stdout)
	}
	return result.Table(os.Stdout)
}
