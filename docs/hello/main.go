package main

import (
	"log"
	"net/netip"

	"iocp/server"
)

type echo struct{ server.NopHandler }

func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

func main() {
	srv, err := server.New(echo{}, server.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(srv.Serve(ln))
}
