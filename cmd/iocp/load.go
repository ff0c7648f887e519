package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"iocp/cmd/iocp/internal/picture"
	"iocp/cmd/iocp/load"
)

type loadCmd struct {
	place
	Scenario string        `enum:"echo,idle,storm,half,slow,fanout" default:"echo" help:"What to do to the server: echo, messages on all connections; idle, on few of many; storm, new connections all the time; half, the same, half-closed; slow, clients that read slowly; fanout, what one says all hear, as of iocp chat. Default: ${default}."`
	Conns    int           `default:"50" placeholder:"N" help:"Connections. Default: ${default}."`
	Depth    int           `placeholder:"N" help:"Messages on their way at a time on each connection; in storm and half, messages in its life. Default: 1, and with --rate no limit."`
	Size     int           `placeholder:"BYTES" help:"Bytes in a message. Default: 64; in slow 16384."`
	Rate     float64       `placeholder:"N" help:"Messages a second over all connections, due at fixed times from which their latency counts; in storm and half, connections. Default: the next when one has come back."`
	Duration time.Duration `default:"10s" placeholder:"TIME" help:"How long to measure. Default: ${default}."`
	Warmup   time.Duration `default:"1s" placeholder:"TIME" help:"How long to run before that. Default: ${default}."`

	Active   int     `placeholder:"N" help:"In idle: connections that are active. Default: one in a hundred."`
	Sources  int     `placeholder:"N" help:"Loopback addresses to connect from, 127.0.0.1 and the next. Default: the system chooses."`
	Abort    bool    `help:"In storm and half: end connections with a reset."`
	ReadRate float64 `placeholder:"N" help:"In slow: bytes a second to read on each connection. Default: 65536."`
	Ahead    int     `placeholder:"BYTES" help:"In slow: send at most so much more than was read. Default: 67108864."`

	JSON        bool   `name:"json" xor:"output" help:"Print the result as a JSON object."`
	Bench       bool   `xor:"output" help:"Print the result as a Go benchmark's, for benchstat."`
	Picture     string `placeholder:"FILE" help:"Draw the latencies, as SVG or PNG by the file's name."`
	ServerPID   int    `name:"server-pid" placeholder:"PID" help:"The server's process, to tell its CPU time per message and its memory (Linux)."`
	Workers     int    `placeholder:"N" help:"Goroutines that share the connections. Default: one for each four CPUs."`
	Backend     string `placeholder:"NAME" help:"What to run on (see iocp version). Default: the first that works."`
	AllowRemote bool   `help:"Load another machine than this one."`
}

func (c *loadCmd) config() (load.Config, error) {
	cfg := load.Config{
		Host: c.Host, Port: c.Port, AllowRemote: c.AllowRemote, Backend: c.Backend,
		Scenario: c.Scenario, Conns: c.Conns, Size: c.Size, Depth: c.Depth, Rate: c.Rate, Workers: c.Workers,
		Active: c.Active, Sources: c.Sources, Abort: c.Abort, ReadRate: c.ReadRate, AheadMax: c.Ahead,
		Warmup: c.Warmup, Duration: c.Duration, ServerPID: c.ServerPID,
	}
	if cfg.Workers == 0 {
		cfg.Workers = max(runtime.GOMAXPROCS(0)/4, 1)
	}
	if err := cfg.Check(); err != nil {
		return cfg, usageError{err}
	}
	if err := c.checkPicture(); err != nil {
		return cfg, usageError{err}
	}
	return cfg, checkBackend(c.Backend)
}

func (c *loadCmd) checkPicture() error {
	switch {
	case c.Picture == "":
		return nil
	case c.Scenario == load.Slow:
		return errors.New("--picture is of latencies, which --scenario=slow has none of: leave it out")
	}
	return picture.CheckName(c.Picture)
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
	return errors.Join(err, c.print(result), c.draw(result))
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

func (c *loadCmd) draw(result *load.Result) error {
	if c.Picture == "" {
		return nil
	}
	title := fmt.Sprintf("iocp load: %s, %d connections, %d bytes", result.Scenario, result.Conns, result.Size)
	return picture.Percentiles(c.Picture, title, picture.Curve{Name: result.Target, Latencies: result.Latencies})
}
