//go:build linux || darwin || freebsd

package readiness

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// A socket whose connect has failed has its options and its address still, and can be
// connected elsewhere.
func TestFailedConnectLeavesOptions(t *testing.T) {
	b := newBench(t, Calls{})
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	d, err := b.port.NewStream(false)
	b.must(err)
	s := d.(*stream)
	b.Cleanup(func() { s.Close() })
	b.must(s.SetNoDelay(false))
	b.must(s.SetAbortive(true))
	b.must(s.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: 77 * time.Second, Interval: 7 * time.Second, Count: 3}))
	b.must(s.Attach(b.port))
	own := b.deadPort("127.0.0.1")
	b.must(s.Bind(own))
	for range 2 {
		if err := b.connected(s, b.deadPort("127.0.0.1")); !errors.Is(err, driver.ErrRefused) {
			t.Fatalf("where nobody listens: %v", err)
		}
	}
	if err := b.connected(s, ln.Addr().(*net.TCPAddr).AddrPort()); err != nil {
		t.Fatal(err)
	}
	if s.LocalAddr() != own {
		t.Errorf("connected from %v, bound to %v", s.LocalAddr(), own)
	}
	for _, o := range []struct{ level, name, want int }{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 0},
		{unix.IPPROTO_TCP, sock.KeepIdle, 77},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 7},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
	} {
		if got, err := unix.GetsockoptInt(s.fd(), o.level, o.name); err != nil || got != o.want {
			t.Errorf("option %d is %d, %v; want %d", o.name, got, err, o.want)
		}
	}
	if on, err := unix.GetsockoptInt(s.fd(), unix.SOL_SOCKET, unix.SO_KEEPALIVE); err != nil || on == 0 {
		t.Errorf("keepalive is %d, %v", on, err)
	}
	if linger, err := unix.GetsockoptLinger(s.fd(), unix.SOL_SOCKET, unix.SO_LINGER); err != nil || linger.Onoff == 0 || linger.Linger != 0 {
		t.Errorf("linger is %+v, %v", linger, err)
	}
	if flags, err := unix.FcntlInt(uintptr(s.fd()), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the descriptor is inherited: %#x, %v", flags, err)
	}
}

// connected connects and gives the error that this ends with.
func (b *bench) connected(s *stream, to netip.AddrPort) error {
	b.Helper()
	op := &driver.Op{Kind: driver.KindConnect}
	if err := s.Connect(op, to); err != nil {
		return err
	}
	b.until("a connect's end", func() bool {
		b.must(b.port.Poll(0))
		return len(b.hearers(op)) > 0
	})
	return op.Err
}

// deadPort is one where nobody listens.
func (b *bench) deadPort(ip string) netip.AddrPort {
	b.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		b.Skipf("capability: %v", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

// A send that waits for room in a pipe is over when the reader goes, though the
// writing end is moved to another set before anybody has heard of that.
func TestMoveOfAPipeWithoutAReader(t *testing.T) {
	b := newBench(t, Calls{})
	pollers := b.join(2)
	from, to, err := b.port.Pipe()
	b.must(err)
	w := to.(pipeEnd)
	b.must(w.Attach(b.port))
	b.Cleanup(func() { w.Close() })
	op := &driver.Op{Kind: driver.KindSend}
	op.SetOneBuf(make([]byte, 8<<20))
	b.must(w.Transfer(op))
	b.look(pollers[0])
	b.look(pollers[1])
	if len(b.hearers(op)) != 0 {
		t.Fatal("the pipe has room for all")
	}
	b.must(from.Close())
	old := w.set
	if !w.move(old, b.port.sets()[1-old.index]) {
		t.Fatal("not moved")
	}
	b.until("the send is over", func() bool {
		b.look(pollers[w.set.index])
		return len(b.hearers(op)) == 1
	})
	if !errors.Is(op.Err, driver.ErrBrokenPipe) {
		t.Errorf("it ended with %v", op.Err)
	}
}
