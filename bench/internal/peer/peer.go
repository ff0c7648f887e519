// Package peer is what all echo servers of the comparison have in common:
// their command line, the line that tells where they listen, and their end.
//
// A server is run as
//
//	prog -addr 127.0.0.1:0 [-loops N] [-buffer BYTES] [-backend NAME]
//
// Its first line of output is the address that it listens on, with anything
// worth knowing about it behind a space; pid=N says that the server proper is
// another process, which this one has started. It ends on SIGTERM and at the end of
// its standard input, so that it never outlives who started it.
package peer

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Options is the command line of a server.
type Options struct {
	// Addr is where to listen; port 0 lets the system choose.
	Addr string

	// Loops is how many event loops, pollers or workers to run. 0 means what
	// the server's own documentation recommends.
	Loops int

	// Buffer is the size in bytes of a connection's receive buffer, where a
	// server has one for each connection. It is made to hold a message, so
	// that no server is slower for a buffer that somebody chose too small.
	Buffer int

	// Backend is for servers that have several.
	Backend string
}

// Main runs a server until it is told to end. It doesn't return.
func Main(serve func(Options) error) {
	var o Options
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:0", "address to listen on")
	flag.IntVar(&o.Loops, "loops", 0, "event loops or workers; 0: as recommended")
	flag.IntVar(&o.Buffer, "buffer", 4<<10, "bytes of a connection's receive buffer")
	flag.StringVar(&o.Backend, "backend", "", "backend, where there are several")
	flag.Parse()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go endWithSignal(terminated)
	go endWithInput()
	if err := serve(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var (
	mu    sync.Mutex
	atEnd []func()
)

// AtEnd has something done before the process is ended from outside.
func AtEnd(do func()) {
	mu.Lock()
	defer mu.Unlock()
	atEnd = append(atEnd, do)
}

// end ends the process. It keeps the lock, so that it does so once.
func end() {
	mu.Lock()
	for _, do := range atEnd {
		do()
	}
	os.Exit(0)
}

// endWithInput ends the process when nobody holds the other end of its
// standard input any more.
func endWithInput() {
	io.Copy(io.Discard, os.Stdin)
	end()
}

func endWithSignal(c <-chan os.Signal) {
	<-c
	end()
}

// Announce tells who started the server where it listens.
func Announce(addr fmt.Stringer, notes ...any) {
	fmt.Print(addr)
	for _, n := range notes {
		fmt.Print(" ", n)
	}
	fmt.Println()
}

// Fixed replaces port 0 by one that is free now, for servers that don't tell
// which one they got.
func (o Options) Fixed() (net.Addr, error) {
	ln, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	return ln.Addr(), nil
}
