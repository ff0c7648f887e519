// Package echo is the echo server, in three models: on completion routines and
// on the bare completion port, as the chapter builds it, and on package server.
package echo

import (
	"context"
	"fmt"

	"iocp/cmd/iocp/internal/service"
)

// Serve runs the server until ctx is done and what was received has been sent
// back. The model is "port", "server" or "routine"; the last accepts as in
// the chapter (see ServeRoutine).
func Serve(ctx context.Context, model string, cfg service.Config) error {
	switch model {
	case "port":
		return servePort(ctx, Chores{}, cfg)
	case "server":
		return serveServer(ctx, cfg)
	case "routine":
		return ServeRoutine(ctx, AcceptPoll, cfg)
	}
	return fmt.Errorf("there is no model %q: choose port, server or routine", model)
}

// ServeChores is Serve for the model "port", with chores.
func ServeChores(ctx context.Context, do Chores, cfg service.Config) error {
	return servePort(ctx, do, cfg)
}
