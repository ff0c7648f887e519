// Command server is the echo server on package server, as its documentation
// shows it.
package main

import (
	"io"
	"log/slog"
	"net/netip"

	"iocp"
	"iocp/bench/internal/peer"
	"iocp/server"
)

func main() { peer.Main(serve) }

type echo struct{ server.NopHandler }

// OnData sends back what came. The queue always has room for it: nothing more
// is received while it is half full.
func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

func serve(o peer.Options) error {
	srv, err := server.New(echo{}, server.Config{
		Ports:      o.Loops,
		PortConfig: iocp.Config{Backend: o.Backend},
		Logger:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(o.Addr)
	if err != nil {
		return err
	}
	ln, err := srv.Port().Listen(addr, iocp.ListenConfig{})
	if err != nil {
		return err
	}
	peer.Announce(ln.Addr(), srv.Port().Backend())
	return srv.Serve(ln)
}
