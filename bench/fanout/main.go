//go:build linux

// Command fanout has one client of a chat server speak and many others listen,
// and prints what it measured as one JSON object, in which a message is a
// delivery to one listener. It checks that each of them gets everything, once
// and in order.
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
	proto   string
	members int
	size    int
	depth   int
	rate    float64
	warmup  time.Duration
	seconds time.Duration
	pid     int
}

func main() {
	var cfg config
	flag.StringVar(&cfg.addr, "addr", "", "address of the server")
	flag.StringVar(&cfg.proto, "proto", "raw", "what the server speaks: raw, nats or irc")
	flag.IntVar(&cfg.members, "conns", 100, "listeners")
	flag.IntVar(&cfg.size, "size", 64, "bytes of text in a message")
	flag.IntVar(&cfg.depth, "depth", 1, "messages on their way at a time: the next is said when all have heard one")
	flag.Float64Var(&cfg.rate, "rate", 0, "messages a second, whatever has been heard; 0: as depth says")
	flag.Int("threads", 1, "ignored: there is one")
	warmup := flag.Float64("warmup", 0.5, "seconds before the window")
	seconds := flag.Float64("seconds", 5, "seconds of the window")
	flag.IntVar(&cfg.pid, "pid", 0, "the server's process")
	flag.Parse()
	cfg.warmup = time.Duration(*warmup * float64(time.Second))
	cfg.seconds = time.Duration(*seconds * float64(time.Second))
	runtime.GOMAXPROCS(2)
	result, err := run(cfg)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fanout:", err)
		os.Exit(1)
	}
}

func run(cfg config) (*figures.Run, error) {
	addr, err := netip.ParseAddrPort(cfg.addr)
	if err != nil {
		return nil, err
	}
	p, ok := protocols[cfg.proto]
	if !ok {
		return nil, fmt.Errorf("there is no protocol %q: choose raw, nats or irc", cfg.proto)
	}
	if cfg.members < 1 || cfg.depth < 1 || cfg.depth > onTheWayMax || cfg.size < sizeMin || cfg.size > sizeMax {
		return nil, fmt.Errorf("there must be listeners, 1 to %d messages on their way, and %d to %d bytes in each", onTheWayMax, sizeMin, sizeMax)
	}
	room, err := gather(addr, p, cfg)
	if err != nil {
		return nil, err
	}
	r := &figures.Run{Client: "fanout", Conns: cfg.members, Size: cfg.size, Depth: cfg.depth, Rate: cfg.rate, Threads: 1}
	if r.ServerRSS, err = process.RSS(cfg.pid); err != nil {
		return nil, err
	}
	room.Window = loadgen.NewWindow()
	failed := make(chan error, 1)
	go func() { failed <- room.talk() }()
	if err := room.Measure(r, cfg.pid, cfg.warmup, cfg.seconds); err != nil {
		return nil, err
	}
	err = <-failed
	r.Messages, r.Latency = int64(room.latency.Count), room.latency.Summary()
	return r, err
}
