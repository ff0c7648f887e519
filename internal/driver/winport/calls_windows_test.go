package winport_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

// Calls whose effect Wine can't show: that they are made is all that is looked at.

// TestConnectCalls wants the ephemeral port left to ConnectEx, and no SYN sent again
// to this machine.
func TestConnectCalls(t *testing.T) {
	calls := winport.Calls(t)
	b := newBench(t)
	l := b.listener()
	calls()
	for _, c := range []struct {
		name string
		bind netip.AddrPort
		want []string
	}{
		{"unbound", netip.AddrPort{}, []string{"setsockopt 0xffff 0x3007 1", "bind", winport.FewestRetries(), "ConnectEx"}},
		{"bound to an address", loopback, []string{"setsockopt 0xffff 0x3007 1", "bind", winport.FewestRetries(), "ConnectEx"}},
	} {
		s := b.stream()
		if c.bind.IsValid() {
			b.ok(s.Bind(c.bind))
		}
		op := &driver.Op{Kind: driver.KindConnect}
		b.ok(s.Connect(op, l.LocalAddr()))
		b.expect(op)
		if got := calls(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	far := b.stream()
	op := &driver.Op{Kind: driver.KindConnect}
	if far.Connect(op, netip.MustParseAddrPort("192.0.2.1:9")) == nil {
		far.Cancel(op)
		b.expect(op)
	}
	if got := calls(); slices.Contains(got, winport.FewestRetries()) {
		t.Errorf("to another machine: %q", got)
	}
}

func TestListenCalls(t *testing.T) {
	calls := winport.Calls(t)
	b := newBench(t)
	for backlog, want := range map[int]string{
		0: "listen 2147483647", 1: "listen 1", 199: "listen 199", 200: "listen -200",
		5000: "listen -5000", 1 << 20: "listen -65535",
	} {
		l, err := b.port.Listen(loopback, driver.ListenOptions{Backlog: backlog})
		b.ok(err)
		if got := calls(); got[len(got)-1] != want {
			t.Errorf("backlog %d: %q, want %q", backlog, got, want)
		}
		b.attach(l)
		b.ok(b.dial(l).Close())
		b.ok(l.Close())
	}
}

// TestListenAgain has the address be in use for a while, and for good.
func TestListenAgain(t *testing.T) {
	calls := winport.Calls(t, windows.WSAEADDRINUSE, windows.WSAEACCES, windows.WSAEADDRINUSE)
	b := newBench(t)
	l, err := b.port.Listen(netip.MustParseAddrPort("127.0.0.1:24680"), driver.ListenOptions{})
	b.ok(err)
	b.attach(l)
	if got := calls(); len(got) != 5 {
		t.Errorf("%q, want four binds", got)
	}
	if _, err := b.port.Listen(l.LocalAddr(), driver.ListenOptions{}); !errors.Is(err, driver.ErrAddrInUse) {
		t.Errorf("a second listener: %v", err)
	}
	if got := calls(); len(got) < 3 {
		t.Errorf("%q, want it to be tried again", got)
	}
	b.ok(l.Close())
}
