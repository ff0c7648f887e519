package syscalls

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

// pairs connects two sockets of a new port, and gives them with their
// descriptors.
type pair struct {
	t                   *testing.T
	port                *iocp.Port
	connected, accepted *iocp.Socket
}

// onPairs runs a test on every backend of this system.
func onPairs(t *testing.T, test func(*pair)) {
	for _, backend := range iocp.Backends() {
		t.Run(backend, func(t *testing.T) {
			if err := iocp.Probe(backend); err != nil {
				t.Skipf("capability: %v", err)
			}
			test(newPair(t, backend))
		})
	}
}

func newPair(t *testing.T, backend string) *pair {
	port, err := iocp.New(iocp.Config{Backend: backend})
	must(t, err)
	t.Cleanup(func() { port.Close() })
	l, err := port.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
	must(t, err)
	s, err := port.NewSocket(iocp.IPv4)
	must(t, err)
	p := &pair{t: t, port: port, connected: s}
	must(t, port.Associate(l, nil))
	must(t, port.Associate(s, nil))
	var accept, connect iocp.Op
	must(t, l.Accept(&accept))
	must(t, s.Connect(&connect, l.Addr()))
	w := port.Worker()
	defer w.Close()
	for range 2 {
		var got [1]iocp.Completion
		_, err := w.Wait(got[:], time.Minute)
		must(t, err)
		must(t, got[0].Err)
		if got[0].Socket != nil {
			p.accepted = got[0].Socket
		}
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// option reads a socket's option from the kernel. Its descriptor is the one with
// the socket's two addresses.
func (p *pair) option(s *iocp.Socket, level, name int) int {
	p.t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(p.t, err)
	for _, e := range entries {
		fd, err := strconv.Atoi(filepath.Base(e.Name()))
		must(p.t, err)
		if addrOf(unix.Getsockname(fd)) == s.Addr() && addrOf(unix.Getpeername(fd)) == s.RemoteAddr() {
			value, err := unix.GetsockoptInt(fd, level, name)
			must(p.t, err)
			return value
		}
	}
	p.t.Fatalf("no descriptor has the addresses %v and %v", s.Addr(), s.RemoteAddr())
	return 0
}

func addrOf(sa unix.Sockaddr, err error) netip.AddrPort {
	if sa, ok := sa.(*unix.SockaddrInet4); ok && err == nil {
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// probes reads what KeepAlive sets: on, idle, interval, count.
func (p *pair) probes(s *iocp.Socket) []int {
	return []int{
		min(p.option(s, unix.SOL_SOCKET, unix.SO_KEEPALIVE), 1),
		p.option(s, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE),
		p.option(s, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL),
		p.option(s, unix.IPPROTO_TCP, unix.TCP_KEEPCNT),
	}
}

// The fields of a net.KeepAliveConfig mean the same on every backend: what they
// mean in package net.
func TestKeepAliveZeroValues(t *testing.T) {
	onPairs(t, func(p *pair) {
		for _, s := range []*iocp.Socket{p.connected, p.accepted} {
			fresh := p.probes(s)
			if fresh[0] != 0 {
				t.Errorf("probes are on for a new socket")
			}
			for _, c := range []struct {
				cfg  net.KeepAliveConfig
				want []int
			}{
				{net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}, []int{1, fresh[1], fresh[2], fresh[3]}},
				{net.KeepAliveConfig{Enable: true}, []int{1, 15, 15, 9}},
				{net.KeepAliveConfig{Enable: true, Idle: 90*time.Second + 1, Interval: 1, Count: 3}, []int{1, 91, 1, 3}},
				{net.KeepAliveConfig{Enable: true, Idle: -1, Interval: 7 * time.Second, Count: -1}, []int{1, 91, 7, 3}},
				{net.KeepAliveConfig{}, []int{0, 91, 7, 3}},
			} {
				must(p.t, s.KeepAlive(c.cfg))
				if got := p.probes(s); !slices.Equal(got, c.want) {
					p.t.Errorf("%+v: the kernel has %v, want %v", c.cfg, got, c.want)
				}
			}
		}
	})
}

// A small send doesn't wait for the acknowledgement of the one before it, unless
// that is asked for.
func TestNoDelayByDefault(t *testing.T) {
	onPairs(t, func(p *pair) {
		for _, s := range []*iocp.Socket{p.connected, p.accepted} {
			for _, on := range []bool{true, false, true} {
				if got := p.option(s, unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0; got != on {
					p.t.Errorf("TCP_NODELAY is %v, want %v", got, on)
				}
				must(p.t, s.NoDelay(!on))
			}
		}
	})
}
