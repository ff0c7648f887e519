// Command nbio is the echo server on nbio, with its own default of pollers
// unless told otherwise.
package main

import (
	"net"

	"github.com/lesismal/nbio"
	"github.com/lesismal/nbio/logging"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

func serve(o peer.Options) error {
	logging.SetLevel(logging.LevelNone)
	engine := nbio.NewEngine(nbio.Config{
		Network: "tcp",
		Addrs:   []string{o.Addr},
		NPoller: o.Loops,
		Listen: func(network, addr string) (net.Listener, error) {
			ln, err := net.Listen(network, addr)
			if err == nil {
				peer.Announce(ln.Addr())
			}
			return ln, err
		},
	})
	engine.OnData(func(c *nbio.Conn, data []byte) { c.Write(data) })
	if err := engine.Start(); err != nil {
		return err
	}
	select {}
}
