package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// bound is how long anything may take that a test waits for, on a slow machine too.
const bound = 2 * time.Minute

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// overBackends runs a test on every backend that this system has. A backend
// that IOCP_REQUIRE lists must be available.
func overBackends(t *testing.T, test func(t *testing.T, cfg server.Config)) {
	for _, name := range iocp.Backends() {
		t.Run(name, func(t *testing.T) {
			requireBackend(t, name)
			test(t, configFor(name))
		})
	}
}

func requireBackend(t *testing.T, name string) {
	t.Helper()
	err := iocp.Probe(name)
	switch {
	case err == nil:
	case slices.Contains(strings.Split(os.Getenv("IOCP_REQUIRE"), ","), name):
		t.Fatalf("IOCP_REQUIRE lists %s: %v", name, err)
	default:
		t.Skipf("capability: %v", err)
	}
}

func configFor(backend string) server.Config {
	return server.Config{
		PortConfig: iocp.Config{Backend: backend},
		Logger:     slog.New(slog.DiscardHandler),
	}
}

// calls is a handler made of functions; those left out do nothing.
type calls struct {
	open  func(c *server.Conn)
	data  func(c *server.Conn, data []byte)
	close func(c *server.Conn, err error)
}

func (h calls) OnOpen(c *server.Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h calls) OnData(c *server.Conn, data []byte) {
	if h.data != nil {
		h.data(c, data)
	}
}

func (h calls) OnClose(c *server.Conn, err error) {
	if h.close != nil {
		h.close(c, err)
	}
}

// serve runs a server until the test ends, and then checks that nothing of it
// is left. The result includes its address.
func serve(t *testing.T, h server.Handler, cfg server.Config) (*server.Server, netip.AddrPort) {
	t.Helper()
	srv, err := server.New(h, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := srv.Listen(loopback)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), bound)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := next(t, served); !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("Serve = %v, want ErrServerClosed", err)
		}
		st := srv.Stats()
		if st.Open != 0 || st.Queued != 0 || st.Port.InFlight != 0 || st.Port.BuffersOut != 0 {
			t.Errorf("left behind: %+v", st)
		}
	})
	return srv, ln.Addr()
}

// dial connects to the server. The connection is closed when the test ends,
// before the server is.
func dial(t *testing.T, addr netip.AddrPort) *net.TCPConn {
	t.Helper()
	c, err := tryDial(t, addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tryDial is dial to a server that may reset the connection before the client
// has seen that it is there.
func tryDial(t *testing.T, addr netip.AddrPort) (*net.TCPConn, error) {
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	c.SetDeadline(time.Now().Add(bound))
	t.Cleanup(func() { c.Close() })
	return c, nil
}

// addrPortOf is a client's own address.
func addrPortOf(c *net.TCPConn) netip.AddrPort { return c.LocalAddr().(*net.TCPAddr).AddrPort() }

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

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// expect reads exactly want.
func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got[:n], err, want)
	}
}

// expectEnd reads the end of the stream.
func expectEnd(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("read %d bytes, %v; want the end of the stream", n, err)
	}
}

// blockade is more than systems buffer for a peer that doesn't read (Linux's
// tcp_wmem allows 4 MiB; connect limits the peer's side). As one shared message
// it is one send, which can't complete until the peer reads.
const blockade = 16 << 20

// block queues a blockade, in few sends, and reports how many bytes they have:
// what the system takes at once isn't queued, so it is made up for. From then on
// cfg.SendQueueMax-blockade bytes of room are left, until the peer reads.
func block(t *testing.T, c *server.Conn) (total int64) {
	t.Helper()
	for missing := blockade; missing > 0; missing = blockade - c.Queued() {
		s := server.Share(make([]byte, missing))
		if err := c.TrySendShared(s); err != nil {
			t.Fatal(err)
		}
		s.Release()
		total += int64(missing)
	}
	return total
}

// skipBlockade reads it.
func skipBlockade(t *testing.T, c net.Conn, total int64) {
	t.Helper()
	if n, err := io.CopyN(io.Discard, c, total); err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
}
