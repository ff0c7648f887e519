// Package load drives an echo server and measures it: how many messages a
// second, how long each takes, and what that costs in CPU time. Every byte that
// comes back is checked.
//
// In the closed loop each connection keeps a number of messages on their way
// and sends the next when one has come back, so that a slow server is asked
// less. In the open loop (Config.Rate) messages are due at times fixed
// beforehand, and their latency counts from those: a server that stalls is
// charged for every message that had to wait, not for one of them only.
package load

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"time"
)

// Config says what to do to whom.
type Config struct {
	Host, Port  string
	AllowRemote bool   // the target may be another machine
	Backend     string // of the ports used here; empty: the first that works

	Conns   int
	Size    int // bytes in a message
	Workers int // goroutines, each with a port and a share of the connections

	// Depth is how many messages a connection may have on their way. 0 means
	// 1 in the closed loop and no limit in the open one. There, messages that
	// the limit holds back wait, and their latency with them.
	Depth int

	// Rate is how many messages a second are due over all connections, evenly
	// spaced. 0 means the closed loop.
	Rate float64

	Warmup   time.Duration // at first, not measured
	Duration time.Duration // what is measured

	ServerPID int // whose CPU time to report, on Linux; 0: nobody's
}

// What a run may ask for, so that it stays bounded in time and memory.
const (
	connsMax    = 60_000
	sizeMax     = 16 << 20
	workersMax  = 64
	depthMax    = 1 << 16
	onTheWayMax = 1 << 24 // messages, over all connections
	rateMax     = 1e8
	durationMax = time.Hour
	pidMax      = 1 << 22 // PID_MAX_LIMIT, proc_pid(5)
)

// Check finds values that can't be meant.
func (c Config) Check() error {
	for _, f := range []struct {
		flag            string
		value, min, max int
	}{
		{"conns", c.Conns, 1, connsMax},
		{"size", c.Size, 1, sizeMax},
		{"workers", c.Workers, 1, workersMax},
		{"depth", c.Depth, 0, depthMax},
		{"server-pid", c.ServerPID, 0, pidMax},
	} {
		if f.value < f.min || f.value > f.max {
			return fmt.Errorf("--%s is %d: give a number from %d to %d", f.flag, f.value, f.min, f.max)
		}
	}
	switch {
	case c.Conns*c.Depth > onTheWayMax:
		return fmt.Errorf("--conns %d with --depth %d is more than %d messages on their way: give less of one", c.Conns, c.Depth, onTheWayMax)
	case !(c.Rate >= 0 && c.Rate <= rateMax):
		return fmt.Errorf("--rate is %g: give messages a second, up to %g", c.Rate, float64(rateMax))
	case c.Duration <= 0 || c.Duration > durationMax:
		return fmt.Errorf("--duration is %v: give a time up to %v", c.Duration, durationMax)
	case c.Warmup < 0 || c.Warmup > durationMax:
		return fmt.Errorf("--warmup is %v: give a time from 0 to %v", c.Warmup, durationMax)
	}
	return nil
}

// Run does what cfg says and gives the result. When messages or connections
// were lost there is an error too, the first one. When ctx ends, so does the
// run, and the result has what was measured by then. It takes at most the
// time to connect, Warmup, Duration, and a few seconds for the last answers.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Depth == 0 && cfg.Rate == 0 {
		cfg.Depth = 1
	}
	cfg.Workers = min(cfg.Workers, cfg.Conns)
	target, err := reach(cfg)
	if err != nil {
		return nil, err
	}
	meter, err := newMeter(cfg.ServerPID)
	if err != nil {
		return nil, err
	}
	r := newRun(cfg, meter)
	defer r.close()
	if err := r.connect(ctx, target); err != nil {
		return nil, err
	}
	err = r.measure(ctx)
	return r.result(target), err
}

// schedule gives the times at which messages are due in the open loop. They
// are numbered over all connections, which take them in turn.
type schedule struct {
	start    time.Duration
	interval float64 // nanoseconds
}

func newSchedule(rate float64, start time.Duration) schedule {
	return schedule{start, float64(time.Second) / rate}
}

func (s schedule) due(message int64) time.Duration {
	return s.start + time.Duration(math.Round(float64(message)*s.interval))
}

// hostPort is how errors and results name the target.
func hostPort(target netip.AddrPort) string {
	return netip.AddrPortFrom(target.Addr().Unmap(), target.Port()).String()
}
