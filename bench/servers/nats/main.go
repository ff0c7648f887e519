// Command nats is nats-server without persistence, as its configuration is by
// default. A loop here is a CPU that Go may use.
package main

import (
	"errors"
	"net"
	"runtime"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

// readyMax is how long it may take to listen.
const readyMax = 10 * time.Second

func serve(o peer.Options) error {
	if o.Loops > 0 {
		runtime.GOMAXPROCS(o.Loops)
	}
	host, text, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{Host: host, Port: port, NoLog: true, NoSigs: true})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(readyMax) {
		return errors.New("nats-server isn't ready for connections")
	}
	peer.Announce(s.Addr())
	s.WaitForShutdown()
	return nil
}
