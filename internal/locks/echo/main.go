// Echo is what the test of package locks builds: an echo server on package
// server, with clients on package net, that tells how many mutexes it takes for a
// message.
//
//	echo BACKEND CONNECTIONS
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"

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
		err = run(os.Args[1], conns)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

type echo struct{ server.NopHandler }

func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

// run prints a line for each function that takes mutexes: how many for a message,
// and its name.
func run(backend string, conns int) error {
	srv, err := server.New(echo{}, server.Config{PortConfig: iocp.Config{Backend: backend}})
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
	if err := exchange(clients); err != nil {
		return err
	}
	before := locks.Counts()
	if err := exchange(clients); err != nil {
		return err
	}
	for place, n := range locks.Counts() {
		fmt.Println(float64(n-before[place])/float64(rounds*conns), place)
	}
	return nil
}

// exchange has every client send a message and get its echo, so many times.
func exchange(clients []net.Conn) error {
	message := make([]byte, 64)
	for range rounds {
		for _, c := range clients {
			if _, err := c.Write(message); err != nil {
				return err
			}
		}
		for _, c := range clients {
			if _, err := io.ReadFull(c, message); err != nil {
				return err
			}
		}
	}
	return nil
}
