package portnet_test

import (
	"io"
	"net"
	"testing"

	"iocp"
	"iocp/portnet"
)

// What a connection on the port costs beside package net's: 64 bytes there and back,
// between two goroutines.
func BenchmarkEcho(b *testing.B) {
	b.Run("net", func(b *testing.B) {
		benchEcho(b, net.Listen, net.Dial)
	})
	for _, name := range iocp.Backends() {
		b.Run(name, func(b *testing.B) {
			n, err := portnet.New(iocp.Config{Backend: name})
			if err != nil {
				b.Skipf("capability: %v", err)
			}
			defer n.Close()
			benchEcho(b, n.Listen, (&portnet.Dialer{Network: n}).Dial)
		})
	}
}

func benchEcho(b *testing.B, listen func(network, address string) (net.Listener, error), dial func(network, address string) (net.Conn, error)) {
	ln, err := listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			defer c.Close()
			for buf := make([]byte, 64); err == nil; {
				if _, err = io.ReadFull(c, buf); err == nil {
					_, err = c.Write(buf)
				}
			}
		}
	}()
	c, err := dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.ReportAllocs()
	buf := make([]byte, 64)
	for b.Loop() {
		if _, err = c.Write(buf); err == nil {
			_, err = io.ReadFull(c, buf)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
