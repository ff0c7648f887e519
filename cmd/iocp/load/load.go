// Package load puts load on a server and measures it: how many messages a
// second, how long each takes, and what that costs in CPU time. Every byte that
// comes back is checked.
//
// In the closed loop each connection keeps a number of messages on their way
// and sends the next when one has come back, so that a slow server is asked
// less. In the open loop (Config.Rate) messages are due at times fixed
// beforehand, and their latency counts from those: a server that stalls is
// charged for every message that had to wait, not for one of them only.
//
// What is done to the server is a scenario: see the constants from [Echo] on.
// All but [Fanout] are for servers that send back what they receive; that one
// is for servers that send each line to all clients.
package load

import (
	"context"
	"time"
)

// Config says what to do to whom.
type Config struct {
	Host, Port  string
	AllowRemote bool   // the target may be another machine
	Backend     string // of the ports used here; empty: the first that works
	Scenario    string // empty: Echo

	Conns   int
	Size    int // bytes in a message; 0: the scenario's own
	Workers int // goroutines, each with a port and a share of the connections

	// Depth is how many messages a connection may have on their way. 0 means
	// 1 in the closed loop and no limit in the open one. There, messages that
	// the limit holds back wait, and their latency with them. In Storm and
	// Half it is how many a connection has in its life.
	Depth int

	// Rate is how many messages a second are due over all connections, evenly
	// spaced. 0 means the closed loop. In Storm and Half connections are due,
	// in Fanout the lines that are said.
	Rate float64

	Active   int     // in Idle: connections that go on after one message; 0: one in a hundred
	Sources  int     // loopback addresses to connect from; 0: the system's choice
	Abort    bool    // in Storm and Half: end connections with a reset
	ReadRate float64 // in Slow: bytes a second that each connection reads; 0: 64 KiB
	AheadMax int     // in Slow: bytes to send beyond what was read, at most; 0: 64 MiB

	Warmup   time.Duration // at first, not measured
	Duration time.Duration // what is measured

	ServerPID int // whose CPU time (Linux, Windows) and memory (Linux) to report; 0: nobody's

	// Progress, if set, is told now and then how far the run is, by a
	// goroutine of the run's.
	Progress func(Progress)
}

// Run does what cfg says and gives the result. When messages or connections
// were lost there is an error too, the first one. When ctx ends, so does the
// run, and the result has what was measured by then. It takes at most the
// time to connect, Warmup, Duration, and a few seconds for the last answers.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	kind, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	target, err := reach(cfg)
	if err != nil {
		return nil, err
	}
	if err := checkSources(cfg.Sources, target.Addr()); err != nil {
		return nil, err
	}
	meter, err := newMeter(cfg.ServerPID)
	if err != nil {
		return nil, err
	}
	r := newRun(cfg, kind, target, meter)
	defer r.close()
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	err = r.measure(ctx)
	return r.result(), err
}
