// Command stdnet is the echo server on package net: a goroutine for each
// connection, and a buffer that it holds all the time.
package main

import (
	"net"
	"runtime"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

func serve(o peer.Options) error {
	if o.Loops > 0 {
		runtime.GOMAXPROCS(o.Loops)
	}
	ln, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	peer.Announce(ln.Addr())
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go echo(conn, make([]byte, o.Buffer))
	}
}

// echo doesn't use io.Copy: between two TCP connections that splices, which no
// server that looks at its data can do.
func echo(conn net.Conn, buf []byte) {
	defer conn.Close()
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err := conn.Write(buf[:n]); err != nil {
			return
		}
	}
}
