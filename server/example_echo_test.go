package server_test

import (
	"log"

	"iocp/server"
)

type echoing struct{ server.NopHandler }

func (echoing) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

// An echo server.
func ExampleListenAndServe() {
	log.Fatal(server.ListenAndServe("localhost:9190", echoing{}))
}
