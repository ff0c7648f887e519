package server

import (
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"time"

	"iocp"
)

// Config configures a [Server]. The zero value is ready to use.
type Config struct {
	// Port is the port to run on. The server needs it for itself: its
	// workers drop packets of other handles. It is the caller's to close,
	// after Shutdown. Nil means a port of the server's own.
	Port *iocp.Port

	// PortConfig configures the server's own port. Its Concurrency, when 0,
	// is at least 2 here, so that one handler that blocks doesn't stop the
	// rest on a machine with one CPU; its StallAfter, when 0, is 10 ms, so
	// that handlers stuck on all CPUs don't either; its BufferSize, when 0, is
	// 64 KiB or half of SendQueueMax if that is less.
	PortConfig iocp.Config

	// Ports is how many ports of its own the server has. Connections are dealt
	// out to them in turn, and each port has workers of its own. One port adapts
	// to the load and is right for most. Several, each with one worker, may get a
	// little more done under full load that is spread evenly over the connections.
	// They take more CPU time per message when there is less to do. A worker that
	// is stuck then blocks all connections of its port.
	// 0 means 1. With Port, only that is allowed.
	Ports int

	// Workers is how many goroutines wait on each port and run callbacks. No
	// more than the port's concurrency run at a time. 0 means twice that.
	// While callbacks are in Conn.Blocking, others take their places.
	//
	// More workers don't help handlers that wait: at most the port's concurrency
	// run at a time and, when those have been silent for StallAfter, as many
	// again. With 2 CPUs and handlers that wait 100 ms each, a server does some
	// 40 a second, however many Workers it has. Conn.Blocking and Blocking lift
	// that.
	Workers int

	// Blocking says that any callback may block for long: each is run as by
	// Conn.Blocking, so there are as many goroutines as connections whose
	// callbacks block at the time. It costs callbacks that don't block less than a
	// microsecond.
	Blocking bool

	// SendQueueMax is how many bytes one connection may have queued, those being
	// sent included, for another message to be taken. So what is queued stays
	// below that and one message more. 0 means 256 KiB.
	SendQueueMax int

	// ConnsMax bounds the open connections. Those beyond it are accepted and
	// reset at once, so that their peers know, and counted in Stats.Refused.
	// 0 means as many as the process may have descriptors (RLIMIT_NOFILE at the
	// time of New) less 64 for other uses, or half of them if that is more;
	// 1,048,576 at most, and where there is no such limit, as on Windows. With a
	// number beyond what there are descriptors for, connections wait in the
	// system's backlog until some are free.
	ConnsMax int

	// CloseTimeout bounds how long nothing may move on a connection that is
	// closing: while the peer takes what is queued, be it slowly, sending goes
	// on; once it has everything, its end of the stream is waited for so long.
	// What the system holds of sends that are over counts as queued where it
	// tells (see iocp.Socket.Undelivered). A peer that reads a byte now and then
	// may therefore hold a connection for long: ConnsMax, Abort and the context
	// of Shutdown bound that. 0 means 5 s.
	CloseTimeout time.Duration

	// Nagle leaves Nagle's algorithm on. Otherwise TCP_NODELAY is set: small
	// sends don't wait for the peer's acknowledgement.
	Nagle bool

	// KeepAlive is when TCP's keepalive probes are sent on a connection that is
	// silent, and after how many without an answer it has failed. Zero fields mean
	// what they mean in package net: after 15 s, every 15 s, 9 probes. So a
	// peer that is gone without a word is noticed in two and a half minutes.
	// Enable has no meaning here: NoKeepAlive says that there are to be none.
	KeepAlive   net.KeepAliveConfig
	NoKeepAlive bool

	// Logger gets panics, and troubles that belong to no connection. Nil
	// means slog.Default().
	Logger *slog.Logger
}

const (
	sendQueueMaxDefault = 256 << 10
	closeTimeoutDefault = 5 * time.Second
	stallAfterDefault   = 10 * time.Millisecond
	bufferSizeDefault   = 64 << 10
)

func (cfg Config) withDefaults() (Config, error) {
	for name, v := range map[string]int64{
		"Ports":        int64(cfg.Ports),
		"Workers":      int64(cfg.Workers),
		"SendQueueMax": int64(cfg.SendQueueMax),
		"ConnsMax":     int64(cfg.ConnsMax),
		"CloseTimeout": int64(cfg.CloseTimeout),
	} {
		if v < 0 {
			return cfg, fmt.Errorf("server: Config.%s is %d: it must not be negative (0 means the default)", name, v)
		}
	}
	if cfg.Port != nil && cfg.Ports > 1 {
		return cfg, fmt.Errorf("server: Config.Ports is %d, but Config.Port names one: set only one of the two", cfg.Ports)
	}
	cfg.KeepAlive.Enable = !cfg.NoKeepAlive
	cfg.Ports = max(cfg.Ports, 1)
	if cfg.PortConfig.Concurrency == 0 {
		cfg.PortConfig.Concurrency = max(2, runtime.GOMAXPROCS(0))
	}
	if cfg.PortConfig.StallAfter == 0 {
		cfg.PortConfig.StallAfter = stallAfterDefault
	}
	if cfg.SendQueueMax == 0 {
		cfg.SendQueueMax = sendQueueMaxDefault
	}
	if cfg.PortConfig.BufferSize == 0 {
		cfg.PortConfig.BufferSize = min(bufferSizeDefault, max(cfg.SendQueueMax/2, 1))
	}
	if cfg.ConnsMax == 0 {
		cfg.ConnsMax = connsMaxDefault()
	}
	if cfg.CloseTimeout == 0 {
		cfg.CloseTimeout = closeTimeoutDefault
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return cfg, nil
}
