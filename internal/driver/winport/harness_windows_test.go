package winport_test

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

// bound is how long anything here may take. Nothing waits so long unless it
// fails.
const bound = 20 * time.Second

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// bench is an open port and the sink it reports to. The test's goroutine is
// the one that polls.
type bench struct {
	t    *testing.T
	port driver.Port
	pool *driver.Pool
	me   driver.Poller // the goroutine's

	accepts driver.Accepts

	mu     sync.Mutex
	queued []*driver.Op
	direct int // completions from outside Poll
}

func (b *bench) Complete(op *driver.Op, _ *driver.Order, by *driver.LocalQueue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queued = append(b.queued, op)
	if by == nil {
		b.direct++
	}
}

func (b *bench) Backlog() bool { return false }
func (b *bench) Deferred()     {}

// newBench opens a port. When the test is over everything must have come back.
func newBench(t *testing.T) *bench { return newBenchWith(t, driver.NewPool(4096, 8, 2)) }

func newBenchWith(t *testing.T, pool *driver.Pool) *bench {
	t.Helper()
	b := &bench{t: t, pool: pool}
	port, err := winport.Backend{}.Open(driver.Config{Pool: pool, Accepts: &b.accepts}, b)
	if err != nil {
		t.Fatal(err)
	}
	b.port, b.me = port, port.NewPoller(new(driver.LocalQueue))
	t.Cleanup(b.close)
	return b
}

func (b *bench) close() {
	b.port.Shut()
	for deadline := time.Now().Add(bound); b.port.InFlight() > 0; {
		if time.Now().After(deadline) {
			b.t.Fatalf("%d records still in the kernel", b.port.InFlight())
		}
		b.poll()
	}
	if note := b.port.Note(); note != "" {
		b.t.Error(note)
	}
	if err := b.port.Close(); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) poll() {
	b.t.Helper()
	if err := b.me.Poll(time.Second); err != nil {
		b.t.Fatal(err)
	}
}

// take is the oldest completion, or nil.
func (b *bench) take() *driver.Op {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queued) == 0 {
		return nil
	}
	op := b.queued[0]
	b.queued = b.queued[1:]
	return op
}

// next waits for a completion.
func (b *bench) next() *driver.Op {
	b.t.Helper()
	for deadline := time.Now().Add(bound); ; b.poll() {
		if op := b.take(); op != nil {
			return op
		}
		if time.Now().After(deadline) {
			b.t.Fatal("no completion came")
		}
	}
}

// expect waits for the completion of op.
func (b *bench) expect(op *driver.Op) *driver.Op {
	b.t.Helper()
	got := b.next()
	if got != op {
		b.t.Fatalf("completion of another operation: %v n=%d err=%v", got.Kind, got.N, got.Err)
	}
	return got
}

// quiet fails if a completion comes without cause.
func (b *bench) quiet() {
	b.t.Helper()
	if err := b.me.Poll(30 * time.Millisecond); err != nil {
		b.t.Fatal(err)
	}
	if op := b.take(); op != nil {
		b.t.Fatalf("a completion too many: %v n=%d err=%v", op.Kind, op.N, op.Err)
	}
}

func (b *bench) attach(h driver.Handle) {
	b.t.Helper()
	if err := h.Attach(b.port); err != nil {
		b.t.Fatal(err)
	}
}

// stream makes an attached, unconnected socket.
func (b *bench) stream() driver.Stream {
	b.t.Helper()
	s, err := b.port.NewStream(false)
	if err != nil {
		b.t.Fatal(err)
	}
	b.attach(s)
	return s
}

// listener makes an attached listener.
func (b *bench) listener() driver.Listener {
	b.t.Helper()
	l, err := b.port.Listen(loopback, driver.ListenOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.attach(l)
	return l
}

// pair connects one of our sockets to one of package net.
func (b *bench) pair() (driver.Stream, *net.TCPConn) {
	b.t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	defer l.Close()
	s := b.stream()
	op := &driver.Op{Kind: driver.KindConnect}
	b.ok(s.Connect(op, netip.MustParseAddrPort(l.Addr().String())))
	if b.expect(op).Err != nil {
		b.t.Fatal(op.Err)
	}
	conn, err := l.Accept()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(bound))
	return s, conn.(*net.TCPConn)
}

// ourPair connects two of our sockets.
func (b *bench) ourPair() (driver.Stream, driver.Stream) {
	b.t.Helper()
	l := b.listener()
	defer l.Close()
	s := b.stream()
	accept, connect := &driver.Op{Kind: driver.KindAccept}, &driver.Op{Kind: driver.KindConnect}
	b.ok(l.Accept(accept))
	b.ok(s.Connect(connect, l.LocalAddr()))
	for range 2 {
		if op := b.next(); op.Err != nil {
			b.t.Fatal(op.Kind, op.Err)
		}
	}
	b.attach(accept.Accepted())
	return s, accept.Accepted()
}

// dial connects a socket of package net to one of our listeners.
func (b *bench) dial(l driver.Listener) net.Conn {
	b.t.Helper()
	conn, err := net.DialTimeout("tcp", l.LocalAddr().String(), bound)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(bound))
	return conn
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func recvOp(buf []byte) *driver.Op {
	op := &driver.Op{Kind: driver.KindRecv}
	op.SetOneBuf(buf)
	return op
}

func sendOp(bufs ...[]byte) *driver.Op {
	op := &driver.Op{Kind: driver.KindSend}
	op.SetBufs(bufs)
	return op
}
