//go:build linux || darwin || freebsd

package readiness

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// anyPeer has a stream taken for one that is connected.
var anyPeer = netip.MustParseAddrPort("127.0.0.1:1")

// line is a stream of the port with a receive pending, and its peer.
type line struct {
	*stream
	peer int
	op   *driver.Op
}

// line makes one.
func (b *bench) line() *line {
	b.Helper()
	l := b.unattached()
	b.must(l.Attach(b.port))
	b.listen(l)
	return l
}

func (b *bench) unattached() *line {
	b.Helper()
	fds := b.sockets()
	l := &line{newStream(fds[0], false, anyPeer), fds[1], &driver.Op{Kind: driver.KindRecv}}
	b.Cleanup(func() {
		l.Close()
		unix.Close(l.peer)
	})
	return l
}

// sockets is two that are connected. What one sends is there at once.
func (b *bench) sockets() [2]int {
	b.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	b.must(err)
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		b.must(unix.SetNonblock(fd, true))
	}
	return fds
}

// listen starts a line's receive.
func (b *bench) listen(l *line) {
	b.mu.Lock()
	delete(b.told, l.op)
	b.mu.Unlock()
	l.op.ResetResult()
	l.op.SetOneBuf(make([]byte, 8))
	b.must(l.Recv(l.op))
}

// lines makes several, and has their sets' holders hear that they may be
// written to.
func (b *bench) lines(n int, holders ...*poller) []*line {
	b.Helper()
	ls := make([]*line, n)
	for i := range ls {
		ls[i] = b.line()
	}
	for _, po := range holders {
		b.look(po)
	}
	return ls
}

// speak has the peers of some lines write.
func (b *bench) speak(ls ...*line) {
	b.Helper()
	for _, l := range ls {
		_, err := unix.Write(l.peer, []byte("x"))
		b.must(err)
	}
}

// hearers is whose polls have completed an operation.
func (b *bench) hearers(op *driver.Op) []*poller {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told[op]
}

// heardBy counts the lines that somebody has heard. That any was heard twice is
// an error.
func (b *bench) heardBy(po *poller, ls []*line) (n int) {
	b.Helper()
	for _, l := range ls {
		by := b.hearers(l.op)
		if len(by) > 1 {
			b.Fatalf("a receive has completed %d times", len(by))
		}
		if len(by) == 1 && by[0] == po {
			n++
		}
	}
	return n
}

// expectHeard expects that somebody has heard all of some lines, which then
// listen again.
func (b *bench) expectHeard(po *poller, ls []*line) {
	b.Helper()
	if n := b.heardBy(po, ls); n != len(ls) {
		b.Fatalf("%d of %d lines heard", n, len(ls))
	}
	for _, l := range ls {
		if l.op.Err != nil || l.op.N != 1 {
			b.Fatalf("received %d bytes, %v", l.op.N, l.op.Err)
		}
		b.listen(l)
	}
}

func (b *bench) expectHeld(po *poller, want int) {
	b.Helper()
	if n := b.held(po); n != want {
		b.Fatalf("holds %d, want %d", n, want)
	}
}

// held is how many handles are in the set that a poller's owner holds.
func (b *bench) held(po *poller) int {
	if i := po.number(); i != 0 {
		return int(b.port.sets()[i-1].handles.Load())
	}
	return 0
}
