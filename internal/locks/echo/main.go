// Echo is what the test of package locks builds: an echo server on package
// server, with clients on package net, that tells how many mutexes it takes for a
// message.
//
//	echo BACKEND CONNECTIONS MODE
//
// MODE is free, in which the server handles messages as they come, by as many workers
// as it likes, or batch. Then it has one worker, which is held in a callback until all
// messages of a round have come, so what is done once for a batch is done once for a
// round, however busy the machine is.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/coverage"
	"strconv"
	"time"

	"iocp"
	"iocp/internal/locks"
	"iocp/server"
)

// rounds is how often each connection sends a message that is counted; as many
// come before, since a connection's first are not like the rest.
const rounds = 500

func main() {
	conns, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = run(os.Args[1], conns, os.Args[3] == "batch")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

type echo struct {
	server.NopHandler
	held, goOn chan struct{}
}

// OnData answers; first, if the message says so, when it is told.
func (e echo) OnData(c *server.Conn, data []byte) {
	if data[0] == hold {
		e.held <- struct{}{}
		<-e.goOn
	}
	c.TrySend(data)
}

// hold, as a message's first byte, holds the worker that handles it.
const hold = 'h'

// run prints a line for each function that takes mutexes: how many for a message,
// and its name.
func run(backend string, conns int, batch bool) error {
	h := echo{held: make(chan struct{}), goOn: make(chan struct{})}
	cfg := server.Config{PortConfig: iocp.Config{Backend: backend}}
	var first []byte // of each round
	if batch {
		cfg.Workers, first = 1, []byte{hold}
	}
	srv, err := server.New(h, cfg)
	if err != nil {
		return err
	}
	defer srv.Shutdown(context.Background())
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		return err
	}
	go srv.Serve(ln)
	var clients []net.Conn
	for range conns {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		clients = append(clients, c)
	}
	if err := h.exchange(clients, first); err != nil {
		return err
	}
	coverage.ClearCounters() // of a build with -cover, which tells the files that are passed
	before := locks.Counts()
	if err := h.exchange(clients, first); err != nil {
		return err
	}
	for place, n := range locks.Counts() {
		fmt.Println(float64(n-before[place])/float64(rounds*conns), place)
	}
	return nil
}

// exchange has every client send a message and get its echo, so many times. If there
// is a first message to hold the server by, the first client sends it before all
// others theirs.
func (e echo) exchange(clients []net.Conn, first []byte) error {
	message := make([]byte, 64)
	for range rounds {
		rest := clients
		if first != nil {
			if err := e.hold(clients[0], first); err != nil {
				return err
			}
			rest = clients[1:]
		}
		for _, c := range rest {
			if _, err := c.Write(message); err != nil {
				return err
			}
		}
		if first != nil {
			e.goOn <- struct{}{}
			if _, err := io.ReadFull(clients[0], message[:1]); err != nil {
				return err
			}
		}
		for _, c := range rest {
			if _, err := io.ReadFull(c, message); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold has the server's worker wait in a callback.
func (e echo) hold(c net.Conn, first []byte) error {
	if _, err := c.Write(first); err != nil {
		return err
	}
	select {
	case <-e.held:
		return nil
	case <-time.After(time.Minute):
		return errors.New("the server doesn't handle a message")
	}
}
