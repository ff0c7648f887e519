package iocp_test

import (
	"net/netip"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"iocp"
)

// A carousel is sockets that send datagrams to themselves and receive them.
type carousel struct {
	t       *testing.T
	worker  *iocp.Worker
	sockets []*iocp.Datagram
	sends   []iocp.Op
	recvs   []iocp.Op
	bufs    [][]byte
	batch   []iocp.Completion
}

func newCarousel(t *testing.T, backend string, sockets int) *carousel {
	p, err := iocp.New(iocp.Config{Backend: backend})
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	t.Cleanup(func() { p.Close() })
	c := &carousel{
		t: t, worker: p.Worker(), batch: make([]iocp.Completion, 64),
		sends: make([]iocp.Op, sockets), recvs: make([]iocp.Op, sockets), bufs: make([][]byte, sockets),
	}
	for i := range sockets {
		d, err := p.NewDatagram(netip.MustParseAddrPort("127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Associate(d, i); err != nil {
			t.Fatal(err)
		}
		c.sockets, c.bufs[i] = append(c.sockets, d), make([]byte, 64)
	}
	return c
}

// turn has every socket receive a datagram of its own, started in one go, so
// that their transfers may be carried out together.
func (c *carousel) turn(to []netip.AddrPort, msg []byte) {
	for i, d := range c.sockets {
		if err := d.RecvFrom(&c.recvs[i], c.bufs[i]); err != nil {
			c.t.Fatal(err)
		}
		if err := d.SendTo(&c.sends[i], to[i], msg); err != nil {
			c.t.Fatal(err)
		}
	}
	for left := 2 * len(c.sockets); left > 0; {
		n, err := c.worker.Wait(c.batch, 20*time.Second)
		if err != nil {
			c.t.Fatal(err)
		}
		left -= n
		for _, got := range c.batch[:n] {
			i := got.Key.(int)
			if got.Err != nil || got.N != len(msg) || got.Op == &c.recvs[i] && got.From != to[i] {
				c.t.Fatalf("got completion %+v, want %d bytes, and a receive from %v", got, len(msg), to[i])
			}
		}
	}
}

func (c *carousel) addrs() []netip.AddrPort {
	to := make([]netip.AddrPort, len(c.sockets))
	for i, d := range c.sockets {
		to[i] = d.Addr()
	}
	return to
}

// turns is turn n times; the messages differ.
func (c *carousel) turns(n int) {
	to, msg := c.addrs(), []byte("a datagram")
	for i := range n {
		msg[0] = byte(i)
		c.turn(to, msg)
		for _, b := range c.bufs {
			if !slices.Equal(b[:len(msg)], msg) {
				c.t.Fatalf("received %q, want %q", b[:len(msg)], msg)
			}
		}
	}
}

func TestDatagramsAllocateNothing(t *testing.T) {
	for _, backend := range []string{"uring", "epoll"} {
		t.Run(backend, func(t *testing.T) {
			if !slices.Contains(iocp.Backends(), backend) {
				t.Skipf("capability: no %s here", backend)
			}
			c := newCarousel(t, backend, 16)
			defer c.worker.Close()
			c.turns(100)
			if info, _ := debug.ReadBuildInfo(); slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
				return // the race detector allocates by itself
			}
			// The average is rounded down: what else the process allocates now
			// and then is lost in it.
			to, msg := c.addrs(), []byte("a datagram")
			if allocs := testing.AllocsPerRun(1000, func() { c.turn(to, msg) }); allocs != 0 {
				t.Errorf("%v allocations for %d datagrams", allocs, len(to))
			}
		})
	}
}
