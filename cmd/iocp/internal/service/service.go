// Package service is what the servers of the command have in common: where
// they listen, with how many workers, and how they say what happens.
package service

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"time"

	"iocp"
)

// Config is what every server is told.
type Config struct {
	Listen      netip.AddrPort // see ParseListen
	Backend     string         // empty: the first that works
	Workers     int            // 0: one for each CPU that Go uses
	Concurrency int            // 0: as Workers' default
	Ports       int            // that package server uses; 0: one
	KeepAlive   time.Duration  // of silence before a peer is probed; 0: the default, negative: never
	Chapter     bool           // print the chapter's texts to Out
	Verbose     bool           // log each completion

	Out io.Writer    // what users read; written to by several goroutines, a line at a time
	Log *slog.Logger // what operators read
}

// WorkersOrDefault is the number of workers to start.
func (c *Config) WorkersOrDefault() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Probes is when peers that are silent are asked whether they are there.
func (c *Config) Probes() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: c.KeepAlive >= 0, Idle: c.KeepAlive}
}

// BufferSize is how much is received at a time: as little as in the chapter
// if its texts are wanted, since these tell how much it was. (Completion routines
// have a size of their own.)
func (c *Config) BufferSize() int {
	if c.Chapter {
		return 100
	}
	return 16 << 10
}

// Ready tells that the server can be connected to.
func (c *Config) Ready(addr netip.AddrPort, backend string) {
	fmt.Fprintf(c.Out, "listening on %s\n", addr)
	what := "listening"
	if addr.Addr().IsUnspecified() {
		what = "listening on all addresses of this machine"
	}
	c.Log.Info(what, "addr", addr, "backend", backend)
}

// Say prints one of the chapter's lines, if they are wanted.
func (c *Config) Say(line string) {
	if c.Chapter {
		io.WriteString(c.Out, line)
	}
}

// SayReceived prints the chapter's line for a receive that is over, or for the
// last one of a connection. Its servers don't look at errors, so a reset is to
// them the end of the stream.
func (c *Config) SayReceived(err error) {
	if err == nil || errors.Is(err, iocp.ErrReset) {
		c.Say("message received!\n")
	}
}

// A listening is what listens: an iocp.Port, or a thread of package routine.
type listening[L any] interface {
	Listen(netip.AddrPort, iocp.ListenConfig) (L, error)
}

// Listen listens at addr. On a machine without IPv6 all addresses are the
// IPv4 ones.
func Listen[L any](on listening[L], addr netip.AddrPort) (L, error) {
	ln, err := on.Listen(addr, iocp.ListenConfig{})
	if err == nil || addr.Addr() != netip.IPv6Unspecified() || inUse(err) {
		return ln, err
	}
	return on.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port()), iocp.ListenConfig{})
}
