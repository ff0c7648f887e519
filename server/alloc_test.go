//go:build !race

package server_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"iocp/porttest"
	"iocp/server"
)

// deliveries is how many messages a round has.
const deliveries = 100_000

func TestEchoAllocatesNothing(t *testing.T) {
	testAllocations(t, "echo", 8, func(t *testing.T, conns []*net.TCPConn, deliveries int) {
		var clients sync.WaitGroup
		for _, c := range conns {
			clients.Go(func() {
				buf := make([]byte, 64)
				for range deliveries / len(conns) {
					if err := exchange(c, buf); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		clients.Wait()
	})
}

func TestFanOutAllocatesNothing(t *testing.T) {
	testAllocations(t, "fanout", 50, func(t *testing.T, conns []*net.TCPConn, deliveries int) {
		buf := make([]byte, 64)
		for range deliveries / len(conns) {
			if err := exchange(conns[0], buf); err != nil {
				t.Fatal(err)
			}
			for _, c := range conns[1:] {
				if _, err := io.ReadFull(c, buf); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// exchange sends buf and receives as much.
func exchange(c net.Conn, buf []byte) error {
	if _, err := c.Write(buf); err != nil {
		return err
	}
	_, err := io.ReadFull(c, buf)
	return err
}

// testAllocations runs traffic against a child on each backend that promises
// to allocate nothing.
func testAllocations(t *testing.T, mode string, members int, traffic func(t *testing.T, conns []*net.TCPConn, deliveries int)) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		backend := cfg.PortConfig.Backend
		if backend != "uring" && backend != "epoll" {
			t.Skipf("capability: %s doesn't promise to allocate nothing", backend)
		}
		p := startChild(t, mode, backend)
		conns := make([]*net.TCPConn, members)
		for i := range conns {
			conns[i] = dial(t, p.addr)
			if _, err := io.ReadFull(conns[i], make([]byte, 1)); err != nil { // the greeting
				t.Fatal(err)
			}
		}
		porttest.AllocateNothing(t, func() int { traffic(t, conns, deliveries); return deliveries },
			func() (int64, string) { return p.allocations(t) })
	})
}
