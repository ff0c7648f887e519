package echo

import (
	"context"

	"iocp/cmd/iocp/internal/service"
	"iocp/server"
)

// serveServer is the echo server on package server. The queue of a connection
// never overflows: nothing more is received while it is half full.
func serveServer(ctx context.Context, cfg service.Config) error {
	return service.Run(ctx, cfg, &handler{cfg}, nil)
}

type handler struct{ cfg service.Config }

func (h *handler) OnOpen(c *server.Conn) {
	h.cfg.Joined(c.RemoteAddr())
}

func (h *handler) OnData(c *server.Conn, data []byte) {
	h.cfg.SayReceived(nil)
	err := c.TrySend(data)
	if h.cfg.Verbose {
		h.cfg.Log.Debug("completion", "peer", c.RemoteAddr(), "n", len(data), "err", err)
	}
	if err == nil {
		h.cfg.Say("message sent!\n")
	}
}

func (h *handler) OnClose(c *server.Conn, err error) {
	h.cfg.SayReceived(err)
	if unlessClosed(err) != nil {
		h.cfg.Lost(c.RemoteAddr(), err)
	}
	h.cfg.Left(c.RemoteAddr())
}
