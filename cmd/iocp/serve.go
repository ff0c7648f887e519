package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"iocp"
	"iocp/cmd/iocp/chat"
	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/service"
)

// serverFlags are the flags of all servers.
type serverFlags struct {
	Port        string `arg:"" optional:"" help:"A bare port, as the chapter's programs take it: listen there on all addresses."`
	Listen      string `placeholder:"ADDR" help:"Where to listen: HOST:PORT; port 0 picks one. Default: 127.0.0.1:9190."`
	Workers     int    `placeholder:"N" help:"Goroutines that wait on the port. Default: ${workers}."`
	Concurrency int    `placeholder:"N" help:"How many of them may run at a time. Default: as many as CPUs (with chat, and --model=server: at least 2)."`
	Ports       int    `placeholder:"N" help:"Ports to deal connections out to, each with workers of its own: with --workers=1 somewhat more may be done under full load, with more effort for less. Default: 1."`
	KeepAlive   span   `name:"keepalive" default:"15s" placeholder:"TIME" help:"Of a silent peer, ask after so long whether it is still there (TCP keepalive), and then every 15 s; 0 never asks. Default: ${default}."`
	Backend     string `placeholder:"NAME" help:"What to run on (see iocp version). Default: the first that works."`
	Chapter     bool   `help:"Print the chapter's texts on standard output, and receive as little at a time as it does."`
	LogLevel    string `enum:"default,debug,info,warn,error" default:"default" placeholder:"LEVEL" help:"Log this and worse: debug, which has connections that come and go, info, warn, or error. Default: info."`
	LogFormat   string `enum:"text,json" default:"text" help:"How log lines are written: text, as key=value, or json. Default: ${default}."`
	Verbose     bool   `short:"v" help:"Log at the level debug, and each completion."`
}

const defaultListen = "127.0.0.1:9190"

// config checks the flags and turns them into a server's configuration.
func (f *serverFlags) config() (service.Config, error) {
	addr, err := f.listen()
	if err != nil {
		return service.Config{}, usageError{err}
	}
	if min(f.Workers, f.Concurrency, f.Ports) < 0 {
		return service.Config{}, usageError{fmt.Errorf("--workers, --concurrency and --ports must not be negative: leave them out for the default")}
	}
	if f.KeepAlive < 0 {
		return service.Config{}, usageError{fmt.Errorf("--keepalive must not be negative: 0 turns it off")}
	}
	if err := checkBackend(f.Backend); err != nil {
		return service.Config{}, err
	}
	log, err := f.log()
	if err != nil {
		return service.Config{}, usageError{err}
	}
	return service.Config{
		Listen: addr, Backend: f.Backend, Workers: f.Workers, Concurrency: f.Concurrency, Ports: f.Ports,
		Chapter: f.Chapter, Verbose: f.Verbose, Out: os.Stdout,
		Log: log, KeepAlive: cmp.Or(time.Duration(f.KeepAlive), -1),
	}, nil
}

// log makes the log that the flags describe, on standard error.
func (f *serverFlags) log() (*slog.Logger, error) {
	level := slog.LevelInfo
	if f.LogLevel != "default" {
		if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
			return nil, err
		}
	}
	if f.Verbose {
		if f.LogLevel != "default" && level != slog.LevelDebug {
			return nil, fmt.Errorf("--verbose logs at the level debug, and --log-level=%s doesn't: give one of them", f.LogLevel)
		}
		level = slog.LevelDebug
	}
	return service.NewLogger(os.Stderr, f.LogFormat, level), nil
}

// checkBackend refuses a --backend that this system doesn't have.
func checkBackend(name string) error {
	if name == "" || slices.Contains(iocp.Backends(), name) {
		return nil
	}
	return usageError{fmt.Errorf("there is no backend %q on this system: choose one of %s", name, strings.Join(iocp.Backends(), ", "))}
}

func (f *serverFlags) listen() (netip.AddrPort, error) {
	switch {
	case f.Port != "" && f.Listen != "":
		return netip.AddrPort{}, fmt.Errorf("%s and --listen %s both say where to listen: give one of them", f.Port, f.Listen)
	case f.Port != "":
		return service.ParseListen(f.Port)
	case f.Listen != "":
		return service.ParseListen(f.Listen)
	}
	return service.ParseListen(defaultListen)
}

// serve runs a server until an interrupt. A second interrupt ends the process
// at once. That nobody reads the log, or what else is printed, doesn't end it.
func (f *serverFlags) serve(run func(context.Context, service.Config) error) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return explainListen(run(ctx, cfg))
}

type echoCmd struct {
	serverFlags
	Model  string `enum:"port,server,routine" default:"port" help:"How it is built: port or routine, as the chapter does with a completion port or with completion routines, or server, on package server."`
	Accept string `enum:"default,poll,op" default:"default" help:"How --model=routine accepts: poll, without blocking, every 100 ms or after whatever else there is, as the chapter does; or op, by operations. Default: poll."`

	Batch   int    `hidden:"" placeholder:"N" help:"With --model=port: packets that a worker takes at a time."`
	Work    span   `hidden:"" placeholder:"TIME" help:"With --model=port: keep a CPU busy for so long with each message."`
	Block   span   `hidden:"" placeholder:"TIME" help:"With --model=port: wait for so long with each message."`
	Message amount `hidden:"" placeholder:"BYTES" help:"How long a message is, for --work and --block."`
}

func (c *echoCmd) Run() error {
	if err := c.check(); err != nil {
		return err
	}
	return c.serve(func(ctx context.Context, cfg service.Config) error {
		switch {
		case c.Accept != "default":
			return echo.ServeRoutine(ctx, c.Accept, cfg)
		case c.Model == "port":
			return echo.ServeChores(ctx, c.chores(), cfg)
		}
		return echo.Serve(ctx, c.Model, cfg)
	})
}

func (c *echoCmd) chores() echo.Chores {
	return echo.Chores{Batch: c.Batch, Work: time.Duration(c.Work), Block: time.Duration(c.Block), Message: int(c.Message)}
}

// check refuses flags that the model has no use for.
func (c *echoCmd) check() error {
	switch {
	case c.Model != "port" && c.chores() != echo.Chores{}:
		return usageError{fmt.Errorf("--batch, --work, --block and --message are for --model=port")}
	case min(c.Batch, int(c.Message)) < 0 || min(c.Work, c.Block) < 0:
		return usageError{fmt.Errorf("--batch, --work, --block and --message must not be negative: leave them out for the default")}
	case c.Model == "routine" && (c.Workers != 0 || c.Concurrency != 0):
		return usageError{fmt.Errorf("--model=routine is one thread: leave out --workers and --concurrency")}
	case c.Model != "server" && c.Ports != 0:
		return usageError{fmt.Errorf("--ports is for --model=server")}
	case c.Model != "routine" && c.Accept != "default":
		return usageError{fmt.Errorf("--accept=%s is for --model=routine", c.Accept)}
	}
	return nil
}

type chatCmd struct {
	serverFlags
	Rate amount `placeholder:"N" help:"Lines a second that a client may send for long; ten times as many at once. Default: 100; --rate=-1 means no limit."`
}

func (c *chatCmd) Run() error {
	return c.serve(func(ctx context.Context, cfg service.Config) error {
		return chat.Serve(ctx, chat.Config{Config: cfg, Rate: int(c.Rate)})
	})
}
