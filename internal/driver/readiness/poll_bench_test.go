//go:build linux || darwin || freebsd

package readiness

import (
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// counter is a sink that only counts.
type counter struct{ done int }

func (c *counter) Complete(*driver.Op, *driver.Order, *driver.LocalQueue) { c.done++ }
func (*counter) Backlog() bool                                            { return false }
func (*counter) Deferred()                                                {}

// BenchmarkPoll is a poll that finds a byte on each of some sockets, and the next
// receives. The peers' writes are part of it.
func BenchmarkPoll(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("sockets=%d", n), func(b *testing.B) { benchmarkPoll(b, n) })
	}
}

func benchmarkPoll(b *testing.B, n int) {
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	sink := &counter{}
	port, err := Open(driver.Config{Pool: driver.NewPool(64, 1024, 16)}, sink, system(), Calls{})
	must(err)
	defer port.Close()
	defer port.Shut()
	po := port.NewPoller(driver.NewLocalQueue(1, new(atomic.Int32)))
	peers, streams, ops := make([]int, n), make([]*stream, n), make([]driver.Op, n)
	for i := range n {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		must(err)
		must(unix.SetNonblock(fds[0], true))
		peers[i], streams[i] = fds[1], newStream(fds[0], false, anyPeer)
		defer unix.Close(peers[i])
		must(streams[i].Attach(port))
		ops[i].Kind = driver.KindRecv
		ops[i].SetOneBuf(make([]byte, 8))
		must(streams[i].Recv(&ops[i]))
	}
	must(po.Poll(1)) // of the room to send
	b.ReportAllocs()
	for b.Loop() {
		for _, fd := range peers {
			unix.Write(fd, []byte("x"))
		}
		for sink.done = 0; sink.done < n; {
			must(po.Poll(0))
		}
		for i := range ops {
			ops[i].ResetResult()
			must(streams[i].Recv(&ops[i]))
		}
	}
}
