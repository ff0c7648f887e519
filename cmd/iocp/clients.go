package main

import (
	"errors"
	"os"
	"time"

	"golang.org/x/term"

	"iocp/cmd/iocp/connect"
	"iocp/cmd/iocp/join"
)

// place is where a client connects to.
type place struct {
	Host string `arg:"" help:"Name or address of the server."`
	Port string `arg:"" help:"Its port."`
}

type connectCmd struct {
	place
	Timeout time.Duration `default:"30s" placeholder:"TIME" help:"How long to wait when nothing of an answer comes; 0 means for ever. Default: ${default}."`
}

func (c *connectCmd) Run() error {
	if c.Timeout < 0 {
		return usageError{errors.New("--timeout must not be negative: 0 means for ever")}
	}
	return connect.Run(connect.Config{
		Host: c.Host, Port: c.Port, In: os.Stdin, Out: os.Stdout, Timeout: c.Timeout,
		Terminal: term.IsTerminal(int(os.Stdin.Fd())), Visible: term.IsTerminal(int(os.Stdout.Fd())),
	})
}

type joinCmd struct {
	place
	Name string `arg:"" help:"Your name in the room: 1 to 17 bytes, without [ and ]."`
}

func (c *joinCmd) Run() error {
	if err := join.CheckName(c.Name); err != nil {
		return usageError{err}
	}
	return join.Run(join.Config{
		Host: c.Host, Port: c.Port, Name: c.Name, In: os.Stdin, Out: os.Stdout,
	})
}
