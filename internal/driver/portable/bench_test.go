package portable

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"iocp/internal/driver"
)

// bound is how long any one event may take before the test gives up.
const bound = 20 * time.Second

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// queue is a Sink whose completions the test takes out one by one.
type queue struct{ c chan *driver.Op }

func (q *queue) Complete(op *driver.Op, _ *driver.Order, _ *driver.LocalQueue) { q.c <- op }

func (q *queue) Backlog() bool { return false }

func (q *queue) Deferred() {}

// bench is a port with its sink.
type bench struct {
	*testing.T
	port driver.Port
	pool *driver.Pool
	sink *queue
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, pool: driver.NewPool(64, 2, 2), sink: &queue{make(chan *driver.Op, 1024)}}
	var err error
	b.port, err = Backend{}.Open(driver.Config{Pool: b.pool}, b.sink)
	b.must(err)
	t.Cleanup(b.close)
	return b
}

// close does what the root does, and sees to it that everything comes back.
func (b *bench) close() {
	b.port.Shut()
	for deadline := time.Now().Add(bound); b.port.InFlight() > 0; {
		if time.Now().After(deadline) {
			b.Fatalf("%d operations still in flight after Shut", b.port.InFlight())
		}
		b.must(b.port.Poll(bound))
	}
	b.must(b.port.Close())
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// next takes the next completion, which must be op's.
func (b *bench) next(op *driver.Op) *driver.Op {
	b.Helper()
	got := b.any()
	if got != op {
		b.Fatalf("completion of another operation: %s, N %d, %v", got.Kind, got.N, got.Err)
	}
	return got
}

func (b *bench) any() *driver.Op {
	b.Helper()
	select {
	case op := <-b.sink.c:
		return op
	case <-time.After(bound):
		b.Fatal("no completion")
		return nil
	}
}

// ends takes op's completion, which must have this outcome.
func (b *bench) ends(op *driver.Op, n int, class error) {
	b.Helper()
	b.next(op)
	if op.N != n || !errors.Is(op.Err, class) {
		b.Fatalf("%s ended with N %d, %v; want %d, %v", op.Kind, op.N, op.Err, n, class)
	}
}

func (b *bench) quiet() {
	b.Helper()
	select {
	case op := <-b.sink.c:
		b.Fatalf("unexpected completion: %s, N %d, %v", op.Kind, op.N, op.Err)
	default:
	}
}

func (b *bench) listen() *listener {
	b.Helper()
	l, err := b.port.Listen(loopback, driver.ListenOptions{})
	b.must(err)
	b.must(l.Attach(b.port))
	return l.(*listener)
}

// pair is a stream of ours and the peer's end of it.
func (b *bench) pair() (driver.Stream, *net.TCPConn) {
	b.Helper()
	l := b.listen()
	defer l.Close()
	peer := b.dial(l)
	s, err := l.TryAccept()
	b.must(err)
	b.must(s.Attach(b.port))
	return s, peer
}

func (b *bench) dial(l driver.Listener) *net.TCPConn {
	b.Helper()
	c, err := net.Dial("tcp", l.LocalAddr().String())
	b.must(err)
	b.Cleanup(func() { c.Close() })
	b.must(c.SetDeadline(time.Now().Add(bound)))
	return c.(*net.TCPConn)
}

func recvOp(bufs ...[]byte) *driver.Op {
	op := &driver.Op{Kind: driver.KindRecv}
	op.SetBufs(bufs)
	return op
}

func sendOp(bufs ...[]byte) *driver.Op {
	op := &driver.Op{Kind: driver.KindSend}
	op.SetBufs(bufs)
	return op
}
