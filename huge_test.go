package iocp_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"iocp"
	"iocp/internal/reserve"
)

// Buffers of sizes that don't fit 31 or 32 bits, in memory that is reserved and
// not touched: what is sent from there reads as zeros, and what is received
// there takes no more than comes.

// hugeSizes are lengths that become negative, nothing, or very little where
// somebody keeps them in 32 bits.
var hugeSizes = []int64{1<<31 - 1, 1 << 31, 3 << 30, 1 << 32, 1<<32 + 5, 1 << 33}

// hugeMemory is memory for the largest of them.
func hugeMemory(t *testing.T) []byte {
	t.Helper()
	if strconv.IntSize < 64 {
		t.Skip("capability: lengths have 32 bits here")
	}
	most := slices.Max(hugeSizes)
	b, free, err := reserve.Memory(int(most))
	if err != nil {
		t.Skipf("capability: no %d bytes of address space: %v", most, err)
	}
	t.Cleanup(func() { check(t, free()) })
	return b
}

// connections are so many that transfers for all go together, and a single
// worker, which looks into the kernel when the test says so.
type connections struct {
	t      *testing.T
	port   *iocp.Port
	worker *iocp.Worker
	socks  []*iocp.Socket
	peers  []*net.TCPConn
	ops    []iocp.Op
}

func newConnections(t *testing.T, cfg iocp.Config, n int) *connections {
	t.Helper()
	c := &connections{t: t, port: newPort(t, cfg), ops: make([]iocp.Op, n)}
	t.Cleanup(func() { c.port.Close() })
	c.worker = c.port.Worker()
	t.Cleanup(c.worker.Close)
	ln, err := c.port.Listen(anyPort, iocp.ListenConfig{})
	check(t, err)
	check(t, c.port.Associate(ln, nil))
	for range n {
		check(t, ln.Accept(&c.ops[0]))
		peer, err := net.Dial("tcp", ln.Addr().String())
		check(t, err)
		t.Cleanup(func() { peer.Close() })
		sock := c.next().Socket
		check(t, c.port.Associate(sock, len(c.socks)))
		c.socks, c.peers = append(c.socks, sock), append(c.peers, peer.(*net.TCPConn))
	}
	check(t, ln.Close())
	return c
}

// next is the next packet.
func (c *connections) next() iocp.Completion {
	c.t.Helper()
	var got [1]iocp.Completion
	n, err := c.worker.Wait(got[:], bound)
	check(c.t, err)
	if n == 0 {
		c.t.Fatalf("nothing completes: %+v", c.port.Stats())
	}
	return got[0]
}

// goOn looks into the kernel, where nothing may have come to an end.
func (c *connections) goOn() {
	c.t.Helper()
	var got [1]iocp.Completion
	if n, err := c.worker.Wait(got[:], time.Millisecond); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("an operation ends: N = %d, %v (%v)", got[0].N, got[0].Err, err)
	}
}

// letGo closes the sockets and takes what is still outstanding.
func (c *connections) letGo() {
	for _, s := range c.socks {
		s.Close()
	}
	for range c.socks {
		c.next()
	}
}

func TestHugeReceives(t *testing.T) {
	mem := hugeMemory(t)
	onBackends(t, func(t *testing.T, backend string) {
		c := newConnections(t, iocp.Config{Backend: backend}, 6)
		for _, size := range hugeSizes {
			for _, bufs := range [][][]byte{{mem[:size]}, {mem[:7], mem[7:size]}, {mem[:size], mem[:size]}} {
				for i, s := range c.socks {
					check(t, s.Recv(&c.ops[i], bufs...))
				}
				for _, p := range c.peers {
					_, err := p.Write([]byte("a few bytes"))
					check(t, err)
				}
				for range c.socks {
					if got := c.next(); got.Err != nil || got.N != len("a few bytes") {
						t.Fatalf("a receive into %d buffers of %d bytes: N = %d, %v", len(bufs), size, got.N, got.Err)
					}
				}
			}
		}
	})
}

// What a receive may take is everything that is there, also behind the first
// transfer's bounds.
func TestReceiveIntoManyBuffers(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		c := newConnections(t, iocp.Config{Backend: backend}, 1)
		data := make([]byte, 100)
		for n := 1; n <= 40; n++ {
			bufs := make([][]byte, 2*n)
			for i := range n {
				bufs[2*i] = make([]byte, 1) // and one of no length between
			}
			_, err := c.peers[0].Write(data)
			check(t, err)
			for left := len(data); left > 0; {
				check(t, c.socks[0].Recv(&c.ops[0], bufs...))
				got := c.next()
				if got.Err != nil || got.N == 0 || got.N > n {
					t.Fatalf("a receive into %d buffers of a byte: N = %d, %v", n, got.N, got.Err)
				}
				left -= got.N
			}
		}
	})
}

// enough is how much of a huge send shows that it is a send like any other.
const enough = 32 << 20

func TestHugeSends(t *testing.T) {
	mem := hugeMemory(t)
	onBackends(t, func(t *testing.T, backend string) {
		for _, size := range []int64{1 << 31, 3 << 30, 1 << 32, 1<<32 + 5} {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				sendHuge(t, backend, mem[:size])
			})
		}
		t.Run("several", func(t *testing.T) {
			most := int64(3 << 30)
			sendHuge(t, backend, mem[:5], mem[:most], mem[:most])
		})
	})
}

func sendHuge(t *testing.T, backend string, bufs ...[]byte) {
	c := newConnections(t, iocp.Config{Backend: backend}, 6)
	for i, s := range c.socks {
		check(t, s.Send(&c.ops[i], bufs...))
	}
	c.readEnough()
	for _, s := range c.socks {
		check(t, s.Close())
	}
	for range c.socks {
		got := c.next()
		if !errors.Is(got.Err, net.ErrClosed) || got.N < enough {
			t.Errorf("of a send that was broken off %d bytes had come, and it completes with N = %d, %v", enough, got.N, got.Err)
		}
	}
}

// readEnough has each peer read a good part of what is sent to it, all at a time.
func (c *connections) readEnough() {
	c.t.Helper()
	var readers sync.WaitGroup
	for _, p := range c.peers {
		readers.Go(func() {
			p.SetReadDeadline(time.Now().Add(bound))
			if n, err := io.CopyN(io.Discard, p, enough); err != nil {
				c.t.Errorf("%d bytes have come: %v", n, err)
			}
		})
	}
	over := inBackground(readers.Wait)
	for {
		select {
		case <-over:
			return
		default:
			c.goOn()
		}
	}
}

// In processes of their own, since a heap that has been used gives no memory
// that isn't touched.
func TestHugePooledBuffers(t *testing.T) {
	if slices.Contains(iocp.Backends(), "winport") {
		t.Skip("capability: the system touches all of a buffer that it is given")
	}
	onBackends(t, func(t *testing.T, backend string) {
		inChild(t, func(t *testing.T) { receiveIntoHugePool(t, backend) })
	})
}

func receiveIntoHugePool(t *testing.T, backend string) {
	hugeMemory(t) // or there is none for a heap either
	size := int(hugeSizes[1])
	c := newConnections(t, iocp.Config{Backend: backend, BufferSize: size, BuffersMax: 5}, 5)
	for i, s := range c.socks {
		check(t, s.RecvPooled(&c.ops[i]))
	}
	for _, p := range c.peers {
		_, err := p.Write([]byte("a few bytes"))
		check(t, err)
	}
	for range c.socks {
		got := c.next()
		if got.Err != nil || string(got.Buf.Bytes()) != "a few bytes" {
			t.Fatalf("a receive into a pooled buffer of %d bytes: %q, %v", size, got.Buf.Bytes(), got.Err)
		}
		got.Buf.Release()
	}
}

func TestHugeFileTransfers(t *testing.T) {
	mem := hugeMemory(t)
	small := filepath.Join(t.TempDir(), "small")
	check(t, os.WriteFile(small, []byte("a few bytes"), 0o600))
	onBackends(t, func(t *testing.T, backend string) {
		port := openPort(t, backend)
		null, err := port.OpenFile(os.DevNull, os.O_RDWR, 0)
		check(t, err)
		defer null.Close()
		check(t, port.Associate(null, nil))
		file, err := port.OpenFile(small, os.O_RDONLY, 0)
		check(t, err)
		defer file.Close()
		check(t, port.Associate(file, nil))
		var op iocp.Op
		for _, size := range hugeSizes {
			for _, off := range []int64{0, iocp.AtEnd} {
				check(t, null.WriteAt(&op, mem[:size], off))
				if got := dequeue(t, port); got.Err != nil || int64(got.N) != size {
					t.Errorf("a write of %d bytes at %d: N = %d, %v", size, off, got.N, got.Err)
				}
			}
			check(t, file.ReadAt(&op, mem[:size], 0))
			if got := dequeue(t, port); got.Err != nil || got.N != len("a few bytes") {
				t.Errorf("a read into %d bytes: N = %d, %v", size, got.N, got.Err)
			}
		}
	})
}

// A file without disk behind it, of which more is sent than 32 bits count. Where a
// Completion's N has no more bits it is refused.
func TestHugeSendFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "sparse")
	check(t, os.WriteFile(name, nil, 0o600))
	if err := os.Truncate(name, 1<<32+5); err != nil {
		t.Skipf("capability: no sparse files: %v", err)
	}
	onBackends(t, func(t *testing.T, backend string) {
		c := newConnections(t, iocp.Config{Backend: backend}, 1)
		file, err := c.port.OpenFile(name, os.O_RDONLY, 0)
		check(t, err)
		defer file.Close()
		err = c.socks[0].SendFile(&c.ops[0], file, 0, -1)
		if strconv.IntSize < 64 {
			if !errors.Is(err, iocp.ErrInvalid) {
				t.Errorf("more than an int counts: %v", err)
			}
			return
		}
		check(t, err)
		c.readEnough()
		c.letGo()
	})
}

func TestHugeDatagrams(t *testing.T) {
	mem := hugeMemory(t)
	onBackends(t, func(t *testing.T, backend string) {
		port := openPort(t, backend)
		worker := port.Worker()
		defer worker.Close()
		ops, sends := make([]iocp.Op, 6), make([]iocp.Op, 6)
		var socks []*iocp.Datagram
		for range ops {
			d, err := port.NewDatagram(anyPort)
			if err != nil {
				t.Skipf("capability: %v", err)
			}
			defer d.Close()
			check(t, port.Associate(d, nil))
			socks = append(socks, d)
		}
		peer := socks[0]
		next := func() iocp.Completion {
			var got [1]iocp.Completion
			if n, err := worker.Wait(got[:], bound); n == 0 || err != nil {
				t.Fatalf("nothing completes: %v", err)
			}
			return got[0]
		}
		for _, size := range hugeSizes {
			for i, d := range socks {
				check(t, d.SendTo(&ops[i], socks[0].Addr(), mem[:size]))
			}
			for range socks {
				if got := next(); !errors.Is(got.Err, iocp.ErrMessageSize) {
					t.Fatalf("a datagram of %d bytes: N = %d, %v", size, got.N, got.Err)
				}
			}
			for i, d := range socks {
				check(t, d.RecvFrom(&ops[i], mem[:size]))
			}
			for i, d := range socks {
				check(t, peer.SendTo(&sends[i], d.Addr(), []byte("a few bytes")))
			}
			for range 2 * len(socks) {
				if got := next(); got.Err != nil || got.N != len("a few bytes") {
					t.Fatalf("a datagram received into %d bytes: N = %d, %v", size, got.N, got.Err)
				}
			}
		}
	})
}
