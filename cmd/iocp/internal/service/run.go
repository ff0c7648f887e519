package service

import (
	"context"
	"errors"
	"time"

	"iocp"
	"iocp/server"
)

const (
	closeMax = 2 * time.Second // for a peer to close after us
	drainMax = 5 * time.Second // for all of them
)

// Run serves connections with package server until ctx is done; then it calls
// farewell, which may be nil, while nobody new gets in, and shuts down.
func Run(ctx context.Context, cfg Config, h server.Handler, farewell func()) error {
	srv, err := server.New(h, cfg.server())
	if err != nil {
		return err
	}
	ln, err := Listen(srv.Port(), cfg.Listen)
	if err != nil {
		return errors.Join(err, end(srv))
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	cfg.Ready(ln.Addr(), srv.Port().Backend())
	select {
	case err = <-served:
		return errors.Join(err, end(srv))
	case <-ctx.Done():
	}
	ln.Close()
	<-served
	if farewell != nil {
		farewell()
	}
	if err := end(srv); err != nil {
		cfg.Log.Warn("some peers did not take their data in time", "err", err)
	}
	return nil
}

func (c *Config) server() server.Config {
	return server.Config{
		PortConfig:   iocp.Config{Backend: c.Backend, Concurrency: c.Concurrency, BufferSize: c.BufferSize()},
		Ports:        c.Ports,
		Workers:      c.Workers,
		CloseTimeout: closeMax,
		KeepAlive:    c.Probes(),
		NoKeepAlive:  !c.Probes().Enable,
		Logger:       c.Log,
	}
}

func end(srv *server.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainMax)
	defer cancel()
	return srv.Shutdown(ctx)
}
