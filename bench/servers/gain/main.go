// Command gain is the echo server on gain, in the architecture that its author
// measured, with a worker for each CPU unless told otherwise.
package main

import (
	"github.com/pawelgaczynski/gain"
	"github.com/rs/zerolog"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

type echo struct {
	gain.DefaultEventHandler
	announce func()
}

func (e echo) OnStart(gain.Server) { e.announce() }

func (echo) OnAccept(c gain.Conn) { c.SetNoDelay(true) }

func (echo) OnRead(c gain.Conn, n int) {
	if data, err := c.Next(n); err == nil {
		c.Write(data)
	}
}

func serve(o peer.Options) error {
	addr, err := o.Fixed()
	if err != nil {
		return err
	}
	options := []gain.ConfigOption{gain.WithArchitecture(gain.SocketSharding), gain.WithLoggerLevel(zerolog.Disabled)}
	if o.Loops > 0 {
		options = append(options, gain.WithWorkers(o.Loops))
	}
	e := echo{announce: func() { peer.Announce(addr) }}
	return gain.ListenAndServe("tcp://"+addr.String(), e, options...)
}
