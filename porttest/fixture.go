package porttest

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"iocp"
)

// A fixture is a port with a worker that serves it.
type fixture struct {
	t      *trial
	port   *iocp.Port
	worker *iocp.Worker // made when first needed: clauses about waiters have their own
}

func (t *trial) newFixture(cfg iocp.Config) *fixture {
	t.Helper()
	d := &fixture{t: t, port: t.harness.New(t, cfg)}
	t.fixtures = append(t.fixtures, d)
	return d
}

// wait is Wait on any worker, with the packets entered in the ledger. Any
// goroutine.
func (t *trial) wait(w *iocp.Worker, dst []iocp.Completion, timeout time.Duration) (int, error) {
	n, err := w.Wait(dst, timeout)
	for _, c := range dst[:n] {
		if err := t.ledger.packet(c); err != nil {
			t.Error(err)
		}
		if c.Socket != nil {
			t.own(c.Socket)
		}
	}
	return n, err
}

// serve is wait on the fixture's own worker.
func (d *fixture) serve(dst []iocp.Completion, timeout time.Duration) (int, error) {
	if d.worker == nil {
		d.worker = d.port.Worker()
	}
	return d.t.wait(d.worker, dst, timeout)
}

// rest closes the worker, for clauses in which it must not count as busy. A
// later wait makes another.
func (d *fixture) rest() {
	d.worker.Close()
	d.worker = nil
}

// next dequeues one packet.
func (d *fixture) next() iocp.Completion {
	d.t.Helper()
	var dst [1]iocp.Completion
	_, err := d.serve(dst[:], d.t.left())
	if errors.Is(err, os.ErrDeadlineExceeded) {
		d.t.giveUp("waiting for a packet")
	}
	if err != nil {
		d.t.Fatalf("waiting for a packet: %v", err)
	}
	return dst[0]
}

// packet is what a completion is expected to be.
type packet struct {
	op   *iocp.Op
	key  any
	n    int
	err  error // its class
	more bool
}

// expect dequeues one packet, which must be as described.
func (d *fixture) expect(want packet) iocp.Completion {
	d.t.Helper()
	c := d.next()
	d.t.check(c, want)
	return c
}

func (t *trial) check(c iocp.Completion, want packet) {
	t.Helper()
	same := c.Op == want.op && c.Key == want.key && c.N == want.n && c.More == want.more
	if !same || !errors.Is(c.Err, want.err) {
		t.Fatalf("got completion %+v\nwant %+v", c, want)
	}
}

// over checks that the port is closed and has nothing more to hand out.
func (d *fixture) over() {
	d.t.Helper()
	var dst [1]iocp.Completion
	n, err := d.serve(dst[:], d.t.left())
	if n != 0 || !errors.Is(err, iocp.ErrClosed) {
		d.t.Fatalf("Wait on a closed and empty port: %d packets %+v, error %v", n, dst[:n], err)
	}
}

// empty checks that looking without waiting finds nothing.
func (d *fixture) empty() {
	d.t.Helper()
	var dst [1]iocp.Completion
	n, err := d.serve(dst[:], 0)
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		d.t.Fatalf("got %d packets %+v and error %v, want none", n, dst[:n], err)
	}
}

// close closes the port, which must not need anybody to wait on it.
func (d *fixture) close() {
	d.t.Helper()
	background(d.t, "closing the port", d.closing).must()
}

func (d *fixture) closing() (struct{}, error) { return struct{}{}, d.port.Close() }

// shut closes the port at a trial's end and dequeues what is left.
func (d *fixture) shut() {
	closed := background(d.t, "closing the port at the end", d.closing)
	var dst [16]iocp.Completion
	for {
		n, err := d.serve(dst[:], d.t.left())
		for _, c := range dst[:n] {
			c.Buf.Release()
		}
		if errors.Is(err, iocp.ErrClosed) {
			break
		}
		if err != nil {
			d.t.Errorf("waiting for the rest at the end: %v\n%s", err, d.t.dump())
			break
		}
	}
	closed.must()
	d.worker.Close()
}

// The operations, entered in the ledger. They must be accepted.

func (d *fixture) post(op *iocp.Op, n int, key any) {
	d.t.Helper()
	d.t.begin(op, func() error { return d.port.Post(op, n, key) })
}

func (t *trial) recv(s *iocp.Socket, op *iocp.Op, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return s.Recv(op, bufs...) })
}

func (t *trial) recvPooled(s *iocp.Socket, op *iocp.Op) {
	t.Helper()
	t.begin(op, func() error { return s.RecvPooled(op) })
}

func (t *trial) send(s *iocp.Socket, op *iocp.Op, bufs ...[]byte) {
	t.Helper()
	t.begin(op, func() error { return s.Send(op, bufs...) })
}

func (t *trial) connect(s *iocp.Socket, op *iocp.Op, to netip.AddrPort) {
	t.Helper()
	t.begin(op, func() error { return s.Connect(op, to) })
}

func (t *trial) accept(l *iocp.Listener, op *iocp.Op) {
	t.Helper()
	t.begin(op, func() error { return l.Accept(op) })
}

func (t *trial) acceptMany(l *iocp.Listener, op *iocp.Op) {
	t.Helper()
	t.begin(op, func() error { return l.AcceptMany(op) })
}

func (t *trial) begin(op *iocp.Op, start func() error) {
	t.Helper()
	t.must(t.attempt(op, start))
}

// attempt is begin for an operation that may as well be refused. Any goroutine.
func (t *trial) attempt(op *iocp.Op, start func() error) error {
	t.ledger.begin(op)
	err := start()
	if err != nil {
		t.ledger.refused(op)
	}
	return err
}
