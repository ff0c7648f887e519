package main

import (
	"os"

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
}

func (c *connectCmd) Run() error {
	return connect.Run(connect.Config{
		Host: c.Host, Port: c.Port, In: os.Stdin, Out: os.Stdout,
		Terminal: term.IsTerminal(int(os.Stdin.Fd())),
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
