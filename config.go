package iocp

import (
	"fmt"
	"runtime"
	"time"
)

// Infinite as a timeout means: wait however long it takes.
const Infinite time.Duration = -1

// Config configures a [Port]. The zero value is ready to use.
type Config struct {
	// Concurrency is how many workers may run at a time: the port hands out
	// no packet while so many workers are busy with earlier ones. More may
	// wait. 0 means runtime.GOMAXPROCS(0), which follows a container's CPU
	// limit. (CreateIoCompletionPort's NumberOfConcurrentThreads.)
	Concurrency int

	// StallAfter is how long a worker may be silent before it no longer
	// counts against Concurrency, because its handler must be stuck in
	// something it didn't announce with Worker.Blocking. So there may be up
	// to twice as many running workers as Concurrency, while that lasts;
	// Stats.Excess counts how often it came to that. It is rounded up to
	// multiples of 200 microseconds. 0 means that every running worker counts.
	StallAfter time.Duration

	// Backend names the backend to use: winport, uring, epoll, kqueue or portable.
	// Empty means the environment variable IOCP_BACKEND, or else the first
	// that works here. A backend that was named and can't be had is an error.
	// By name only there is sim, a network simulated in this process, for
	// tests: sim:7 is the one in which the seed 7 decides about the order of
	// things (see internal/driver/sim).
	Backend string

	// BufferSize is the size in bytes of the buffers that RecvPooled
	// completions bring. 0 means 64 KiB.
	BufferSize int

	// BuffersMax bounds the pooled buffers in use at a time over all sockets.
	// At the bound, sockets aren't read from until a buffer is released.
	// 0 means 1024.
	BuffersMax int

	// BufferCredit bounds the pooled buffers that one socket's completions
	// may hold unreleased. At the bound that socket isn't read from until
	// one is released, so that a peer whose data nobody handles can't eat
	// the pool. 0 means 4. Stats.SocketsHeldByCredit counts such sockets.
	BufferCredit int
}

func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"Concurrency", &c.Concurrency, runtime.GOMAXPROCS(0)},
		{"BufferSize", &c.BufferSize, 64 << 10},
		{"BuffersMax", &c.BuffersMax, 1024},
		{"BufferCredit", &c.BufferCredit, 4},
	} {
		if *f.value < 0 {
			return c, fmt.Errorf("iocp: Config.%s is %d: it must not be negative (0 means %d)", f.name, *f.value, f.def)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if c.StallAfter < 0 {
		return c, fmt.Errorf("iocp: Config.StallAfter is %v: it must not be negative (0 means never)", c.StallAfter)
	}
	return c, nil
}

// ListenConfig configures a [Listener]. The zero value is ready to use.
type ListenConfig struct {
	// Backlog bounds the connections that the kernel completes before they
	// are accepted. 0 means the system's maximum. Backend portable always
	// takes the system's: package net has no way to say otherwise.
	Backlog int

	// ReusePort lets several listeners share one address, where the system
	// has SO_REUSEPORT; elsewhere (Windows) it is ErrNotSupported.
	ReusePort bool
}
