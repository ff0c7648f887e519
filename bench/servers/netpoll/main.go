// Command netpoll is the echo server on CloudWeGo's netpoll, with its own
// default of pollers unless told otherwise.
package main

import (
	"context"
	"io"

	"github.com/cloudwego/netpoll"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

func serve(o peer.Options) error {
	if err := netpoll.Configure(netpoll.Config{PollerNum: o.Loops, LoggerOutput: io.Discard}); err != nil {
		return err
	}
	ln, err := netpoll.CreateListener("tcp", o.Addr)
	if err != nil {
		return err
	}
	loop, err := netpoll.NewEventLoop(echo)
	if err != nil {
		return err
	}
	peer.Announce(ln.Addr())
	return loop.Serve(ln)
}

// echo copies nothing: Flush is over before the input is released.
func echo(_ context.Context, conn netpoll.Connection) error {
	in, out := conn.Reader(), conn.Writer()
	data, err := in.Next(in.Len())
	if err != nil {
		return err
	}
	if _, err := out.WriteBinary(data); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return in.Release()
}
