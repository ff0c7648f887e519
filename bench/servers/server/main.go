// Command server is the echo server on package server, as its documentation
// shows it.
package main

import (
	"flag"
	"io"
	"log/slog"
	"net/netip"
	"os"

	"iocp"
	"iocp/bench/internal/peer"
	"iocp/server"
)

var fixed = flag.Bool("fixed", false, "let -loops be workers, all of them always active, and not ports")

func main() { peer.Main(serve) }

type echo struct{ server.NopHandler }

// OnData sends back what came. The queue always has room for it: nothing more
// is received while it is half full.
func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

// config has as many ports as there are loops, or one whose number of active
// workers doesn't follow the load.
func config(o peer.Options) server.Config {
	cfg := server.Config{
		PortConfig: iocp.Config{Backend: o.Backend},
		Logger:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if !*fixed {
		cfg.Ports = o.Loops
		return cfg
	}
	if o.Loops > 0 {
		const disable = "IOCP_DISABLE"
		os.Setenv(disable, os.Getenv(disable)+",restraint")
		cfg.Workers, cfg.PortConfig.Concurrency = o.Loops, o.Loops
	}
	return cfg
}

func serve(o peer.Options) error {
	srv, err := server.New(echo{}, config(o))
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
