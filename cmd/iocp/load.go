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
	Conns       int           `default:"50" placeholder:"N" help:"Connections. Default: ${default}."`
	Depth       int           `placeholder:"N" help:"Messages on their way at a time on each connection. Default: 1, and with --rate no limit."`
	Size        int           `default:"64" placeholder:"BYTES" help:"Bytes in a message. Default: ${default}."`
	Rate        float64       `placeholder:"N" help:"Messages a second over all connections, due at fixed times from which their latency counts. Default: the next when one has come back."`
	Duration    time.Duration `default:"10s" placeholder:"TIME" help:"How long to measure. Default: ${default}."`
	Warmup      time.Duration `default:"1s" placeholder:"TIME" help:"How long to run before that. Default: ${default}."`
	JSON        bool          `name:"json" help:"Print the result as a JSON object."`
	ServerPID   int           `name:"server-pid" placeholder:"PID" help:"The server's process, to tell its CPU time per message (Linux)."`
	Workers     int           `placeholder:"N" help:"Goroutines that share the connections. Default: one for each four CPUs."`
	Backend     string        `placeholder:"NAME" help:"What to run on (see iocp version). Default: the first that works."`
	AllowRemote bool          `help:"Load another machine than this one."`
}

func (c *loadCmd) config() (load.Config, error) {
	cfg := load.Config{
		Host: c.Host, Port: c.Port, AllowRemote: c.AllowRemote, Backend: c.Backend,
		Conns: c.Conns, Size: c.Size, Depth: c.Depth, Rate: c.Rate, Workers: c.Workers,
		Warmup: c.Warmup, Duration: c.Duration, ServerPID: c.ServerPID,
	}
	if cfg.Workers == 0 {
		cfg.Workers = max(runtime.GOMAXPROCS(0)/4, 1)
	}
	if err := cfg.Check(); err != nil {
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
	result, err := load.Run(ctx, cfg)
	if errors.As(err, new(*load.RemoteError)) {
		return usageError{err}
	}
	if result == nil {
		return err
	}
	write := result.Table
	if c.JSON {
		write = result.JSON
	}
	return errors.Join(err, write(os.Stdout))
}
