//go:build unix

package portable

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// option reads a socket option back from the system.
func (b *bench) option(s driver.Stream, level, name int) int {
	b.Helper()
	var value int
	var err error
	b.must(s.(*stream).raw.Control(func(fd uintptr) {
		value, err = unix.GetsockoptInt(int(fd), level, name)
	}))
	b.must(err)
	return value
}

// connected is a stream of ours, connected after prepare has seen it.
func (b *bench) connected(prepare func(driver.Stream)) driver.Stream {
	b.Helper()
	s, err := b.port.NewStream(false)
	b.must(err)
	b.must(s.Attach(b.port))
	if prepare != nil {
		prepare(s)
	}
	op := &driver.Op{Kind: driver.KindConnect}
	b.must(s.Connect(op, b.listen().LocalAddr()))
	b.ends(op, 0, nil)
	return s
}

func TestDefaultOptions(t *testing.T) {
	b := newBench(t)
	accepted, _ := b.pair()
	for name, s := range map[string]driver.Stream{"accepted": accepted, "connected": b.connected(nil)} {
		if b.option(s, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 {
			t.Errorf("TCP_NODELAY is off for the %s stream", name)
		}
		if b.option(s, unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
			t.Errorf("SO_KEEPALIVE is on for the %s stream", name)
		}
	}
}

func TestOptionsSetBeforeConnect(t *testing.T) {
	b := newBench(t)
	s := b.connected(func(s driver.Stream) {
		b.must(s.SetNoDelay(true))
		b.must(s.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: 7 * time.Second}))
	})
	if b.option(s, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 {
		t.Error("TCP_NODELAY is off")
	}
	if b.option(s, unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 0 {
		t.Error("SO_KEEPALIVE is off")
	}
	b.must(s.SetNoDelay(false))
	if b.option(s, unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 {
		t.Error("TCP_NODELAY is still on")
	}
}

func TestReusePort(t *testing.T) {
	b := newBench(t)
	l, err := b.port.Listen(b.listen().LocalAddr(), driver.ListenOptions{})
	if err == nil {
		l.Close()
	}
	if !errors.Is(err, driver.ErrAddrInUse) {
		t.Fatalf("a second listener: %v, want %v", err, driver.ErrAddrInUse)
	}
	shared := driver.ListenOptions{ReusePort: true}
	first, err := b.port.Listen(loopback, shared)
	b.must(err)
	defer first.Close()
	second, err := b.port.Listen(first.LocalAddr(), shared)
	b.must(err)
	b.must(second.Close())
}
