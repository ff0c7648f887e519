package portnet_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp"
	"iocp/portnet"
)

// bound is how long anything may take that a test waits for, on a slow machine too.
const bound = 2 * time.Minute

// overBackends runs a test on every backend that this system has, and on the
// simulator. A backend that IOCP_REQUIRE lists must be available.
func overBackends(t *testing.T, test func(t *testing.T, n *portnet.Network)) {
	for _, name := range append(iocp.Backends(), "sim:7") {
		t.Run(strings.ReplaceAll(name, ":", "_"), func(t *testing.T) {
			err := iocp.Probe(name)
			switch {
			case err == nil:
			case slices.Contains(strings.Split(os.Getenv("IOCP_REQUIRE"), ","), name):
				t.Fatalf("IOCP_REQUIRE lists %s: %v", name, err)
			default:
				t.Skipf("capability: %v", err)
			}
			test(t, open(t, name))
		})
	}
}

// open makes a network, which is closed when the test ends, and must leave nothing.
func open(t *testing.T, backend string) *portnet.Network {
	t.Helper()
	before, _ := goroutines()
	n, err := portnet.New(iocp.Config{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
		if st := n.Stats(); st.InFlight != 0 || st.BuffersOut != 0 {
			t.Errorf("left behind: %+v", st)
		}
		expectGoroutines(t, before)
	})
	return n
}

// expectGoroutines waits until no more goroutines are in the package than before: those
// of the network that the process shares stay.
func expectGoroutines(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(bound); ; time.Sleep(time.Millisecond) {
		now, all := goroutines()
		if now <= before {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%d goroutines, want %d:\n%s", now, before, all)
			return
		}
	}
}

// goroutines counts those in the package.
func goroutines() (n int, all string) {
	buf := make([]byte, 1<<20)
	all = string(buf[:runtime.Stack(buf, true)])
	for stack := range strings.SplitSeq(all, "\n\n") {
		if strings.Contains(stack, "iocp/portnet.") {
			n++
		}
	}
	return n, all
}

// place is somewhere to listen; a Unix socket's path is short, and new.
func place(t *testing.T, network string) string {
	if network != "unix" {
		return "127.0.0.1:0"
	}
	dir, err := os.MkdirTemp("", "pn")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func listen(t *testing.T, n *portnet.Network, network string) net.Listener {
	t.Helper()
	ln, err := n.Listen(network, place(t, network))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// pair is both ends of a connection.
func pair(t *testing.T, n *portnet.Network, network string) (client, server *portnet.Conn) {
	t.Helper()
	ln := listen(t, n, network)
	defer ln.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		defer close(accepted)
		if c, err := ln.Accept(); err != nil {
			t.Error(err)
		} else {
			accepted <- c
		}
	}()
	d := portnet.Dialer{Network: n, Timeout: bound}
	c, err := d.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := next(t, accepted)
	if s == nil {
		t.FailNow()
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*portnet.Conn), s.(*portnet.Conn)
}

// next waits for the next value on a channel.
func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(bound):
		t.Fatal("nothing happened in time")
		panic("unreachable")
	}
}

// failed runs something that should fail, beside the test.
func failed(f func() error) <-chan error {
	err := make(chan error, 1)
	go func() { err <- f() }()
	return err
}
