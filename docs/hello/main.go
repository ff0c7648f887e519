package main

import (
	"log"

	"iocp/server"
)

type echo struct{ server.NopHandler }

func (echo) OnData(c *server.Conn, data []byte) { c.TrySend(data) }

func main() { log.Fatal(server.ListenAndServe(":8080", echo{})) }
