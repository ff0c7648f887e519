package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"iocp"
)

// The formats of a log.
const (
	LogText = "text" // key=value
	LogJSON = "json" // an object on each line
)

// NewLogger makes a server's log. A server goes on when lines can't be
// written, because nobody reads them any more or the disk is full: they are
// dropped, and counted in the next line that gets through. On Unix that needs
// SIGPIPE to be ignored.
func NewLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if format == LogJSON {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(lossy{h, new(atomic.Int64)})
}

// lossy is a handler that never fails, but counts the lines it lost.
type lossy struct {
	slog.Handler
	lost *atomic.Int64
}

func (h lossy) Handle(ctx context.Context, r slog.Record) error {
	if !h.tell(ctx) || h.Handler.Handle(ctx, r) != nil {
		h.lost.Add(1)
	}
	return nil
}

// tell says how many lines were lost so far, if that is possible now.
func (h lossy) tell(ctx context.Context) bool {
	n := h.lost.Swap(0)
	if n == 0 {
		return true
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "log lines were lost", 0)
	r.Add("lines", n)
	if h.Handler.Handle(ctx, r) != nil {
		h.lost.Add(n)
		return false
	}
	return true
}

func (h lossy) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lossy{h.Handler.WithAttrs(attrs), h.lost}
}

func (h lossy) WithGroup(name string) slog.Handler {
	return lossy{h.Handler.WithGroup(name), h.lost}
}

// What one peer does is logged at the level of debugging: a busy server would
// fill disks with it otherwise, and any peer could have it do so.

// Joined logs that a connection was accepted.
func (c *Config) Joined(peer netip.AddrPort) { c.Log.Debug("join", "peer", peer) }

// Left logs that it is over.
func (c *Config) Left(peer netip.AddrPort, more ...any) {
	c.Log.Debug("leave", append([]any{"peer", peer}, more...)...)
}

// Lost logs that it broke: as a warning where that isn't just a peer's doing.
func (c *Config) Lost(peer netip.AddrPort, err error, more ...any) {
	level := slog.LevelWarn
	for _, usual := range []error{iocp.ErrReset, iocp.ErrBrokenPipe, iocp.ErrConnAborted, iocp.ErrTimedOut, iocp.ErrUnreachable} {
		if errors.Is(err, usual) {
			level = slog.LevelDebug
		}
	}
	c.Log.Log(context.Background(), level, "connection lost", append([]any{"peer", peer, "err", err}, more...)...)
}
