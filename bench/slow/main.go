//go:build linux

// Command slow puts the load of iocp load's scenario slow on a server, clients that
// send and read next to nothing, and prints what the server's memory was, as one
// JSON object. The command iocp is beside it.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"iocp/bench/internal/figures"
	"iocp/bench/internal/process"
)

// readRate is how many bytes a second a client reads.
const readRate = 10_000

func main() {
	addr := flag.String("addr", "", "address of the server")
	pid := flag.Int("pid", 0, "the server's process")
	conns := flag.Int("conns", 20, "clients")
	warmup := flag.Float64("warmup", 0.5, "seconds before the window")
	seconds := flag.Float64("seconds", 5, "seconds of the window")
	for _, ignored := range []string{"size", "depth", "rate", "threads"} {
		flag.String(ignored, "", "ignored")
	}
	flag.Parse()
	result, err := run(*addr, *pid, *conns, *warmup, *seconds)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "slow:", err)
		os.Exit(1)
	}
}

func run(addr string, pid, conns int, warmup, seconds float64) (*figures.Run, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	window := time.Duration((warmup + seconds) * float64(time.Second))
	load := exec.Command(filepath.Join(filepath.Dir(self), "iocp"), "load", host, port, "--scenario=slow",
		"--conns="+strconv.Itoa(conns), "--read-rate="+strconv.Itoa(readRate), "--warmup=0s", "--duration="+window.String(), "--json")
	load.Stderr = os.Stderr
	cpu, err := process.CPU(pid)
	if err != nil {
		return nil, err
	}
	if err := load.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- load.Wait() }()
	r := &figures.Run{Client: "iocp load", Conns: conns, Threads: 1}
	for first := true; ; first = false {
		rss, err := process.RSS(pid)
		if err != nil {
			return nil, err
		}
		if first {
			r.ServerRSS = rss
		}
		r.ServerRSSLoad = max(r.ServerRSSLoad, rss)
		select {
		case err := <-ended:
			after, errCPU := process.CPU(pid)
			r.ServerCPU, r.Seconds = (after - cpu).Seconds(), time.Since(began).Seconds()
			return r, errors.Join(err, errCPU)
		case <-time.After(look):
		}
	}
}

// look is how often the server's memory is looked at: what counts is the most that
// it ever had.
const look = 50 * time.Millisecond
