//go:build linux

// Command client puts load on an echo server and prints what it measured, as
// one JSON object. It checks every byte that comes back. Where a C compiler is
// at hand the comparison runs a client in C instead, which takes less CPU and
// gives the same figures; this one is for where there is none, and to check
// the other.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"iocp/bench/internal/figures"
	"iocp/bench/internal/loadgen"
	"iocp/bench/internal/process"
)

type config struct {
	addr    string
	conns   int
	size    int
	depth   int
	threads int
	rate    float64
	warmup  time.Duration
	seconds time.Duration
	pid     int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.addr, "addr", "", "address of the server")
	flag.IntVar(&cfg.conns, "conns", 64, "connections")
	flag.IntVar(&cfg.size, "size", 64, "bytes in a message")
	flag.IntVar(&cfg.depth, "depth", 1, "messages on their way at a time on each connection; 0: they are silent after the first echo")
	flag.IntVar(&cfg.threads, "threads", 1, "threads that share the connections")
	flag.Float64Var(&cfg.rate, "rate", 0, "messages a second over all connections, whatever has come back; 0: the next when one has come back")
	warmup := flag.Float64("warmup", 0.5, "seconds before the window")
	seconds := flag.Float64("seconds", 5, "seconds of the window")
	flag.IntVar(&cfg.pid, "pid", 0, "the server's process")
	flag.Parse()
	cfg.warmup, cfg.seconds = duration(*warmup), duration(*seconds)
	runtime.GOMAXPROCS(cfg.threads + 1)
	result, err := run(cfg)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func run(cfg config) (*figures.Run, error) {
	addr, err := netip.ParseAddrPort(cfg.addr)
	if err != nil {
		return nil, err
	}
	if cfg.conns < 1 || cfg.size < 1 || cfg.depth < 0 || cfg.threads < 1 {
		return nil, fmt.Errorf("conns, size and threads must be positive, and depth not negative")
	}
	loops := make([]*loop, min(cfg.threads, cfg.conns))
	for i := range loops {
		if loops[i], err = newLoop(cfg, i, len(loops)); err != nil {
			return nil, err
		}
	}
	if err := connect(loops, addr, cfg); err != nil {
		return nil, err
	}
	r := &figures.Run{Client: "go", Conns: cfg.conns, Size: cfg.size, Depth: cfg.depth, Rate: cfg.rate, Threads: len(loops)}
	if r.ServerRSS, err = process.RSS(cfg.pid); err != nil {
		return nil, err
	}
	return r, measure(r, loops, cfg)
}

// measure runs the loops until the window is over.
func measure(r *figures.Run, loops []*loop, cfg config) error {
	w := loadgen.NewWindow()
	failed := make(chan error, len(loops))
	for _, l := range loops {
		l.Window = w
		go func() { failed <- l.run() }()
	}
	if err := w.Measure(r, cfg.pid, cfg.warmup, cfg.seconds); err != nil {
		return err
	}
	var all loadgen.Histogram
	for range loops {
		if err := <-failed; err != nil {
			return err
		}
	}
	for _, l := range loops {
		all.Merge(&l.latency)
	}
	r.Messages, r.Latency = int64(all.Count), all.Summary()
	return nil
}
