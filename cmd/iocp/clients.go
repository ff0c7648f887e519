package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/term"

	"iocp/cmd/iocp/connect"
	"iocp/cmd/iocp/join"
)

// place is where a client connects to: HOST PORT, or HOST:PORT.
type place struct {
	Host string `arg:"" help:"Name or address of the server, or both as HOST:PORT."`
	Port string `arg:"" optional:"" help:"Its port."`
}

// split takes HOST:PORT apart.
func (p *place) split() error {
	host, port, err := net.SplitHostPort(p.Host)
	both := err == nil
	switch {
	case both && p.Port != "":
		return usageError{fmt.Errorf("%s and %s both name a port: give HOST PORT or HOST:PORT", p.Host, p.Port)}
	case both:
		p.Host, p.Port = host, port
	case p.Port == "":
		return usageError{fmt.Errorf("%s names no port: give HOST PORT or HOST:PORT", p.Host)}
	}
	return nil
}

type connectCmd struct {
	place
	Timeout span `default:"30s" placeholder:"TIME" help:"How long to wait when nothing of an answer comes; 0 means for ever. Default: ${default}."`
}

func (c *connectCmd) Run() error {
	if c.Timeout < 0 {
		return usageError{errors.New("--timeout must not be negative: 0 means for ever")}
	}
	if err := c.split(); err != nil {
		return err
	}
	return connect.Run(connect.Config{
		Host: c.Host, Port: c.Port, In: os.Stdin, Out: os.Stdout, Timeout: time.Duration(c.Timeout),
		Terminal: term.IsTerminal(int(os.Stdin.Fd())), Visible: term.IsTerminal(int(os.Stdout.Fd())),
	})
}

type joinCmd struct {
	place
	Name string `arg:"" optional:"" help:"Your name in the room: 1 to 17 bytes, without [ and ]."`
}

func (c *joinCmd) Run() error {
	if c.Name == "" { // what follows HOST:PORT
		c.Port, c.Name = "", c.Port
	}
	if err := c.split(); err != nil {
		return err
	}
	if c.Name == "" {
		return usageError{errors.New("who joins? Give HOST PORT NAME or HOST:PORT NAME")}
	}
	if err := join.CheckName(c.Name); err != nil {
		return usageError{err}
	}
	return join.Run(join.Config{
		Host: c.Host, Port: c.Port, Name: c.Name, In: os.Stdin, Out: os.Stdout,
	})
}
