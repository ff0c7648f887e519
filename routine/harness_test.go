package routine_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"iocp"
	"iocp/routine"
)

// bound is how long anything may take that a test waits for.
const bound = 30 * time.Second

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// A trial is a thread, and what a clause does with it.
type trial struct {
	*testing.T
	backend string
	thread  *routine.Thread
	began   time.Time
}

// overBackends runs a test on every backend that this system has. A backend
// that IOCP_REQUIRE lists must be available.
func overBackends(t *testing.T, test func(t *testing.T, backend string)) {
	required := strings.Split(os.Getenv("IOCP_REQUIRE"), ",")
	for _, name := range iocp.Backends() {
		t.Run(name, func(t *testing.T) {
			switch err := iocp.Probe(name); {
			case err == nil:
				test(t, name)
			case slices.Contains(required, name):
				t.Fatalf("IOCP_REQUIRE lists %s: %v", name, err)
			default:
				t.Skipf("capability: %v", err)
			}
		})
	}
}

func newTrial(t *testing.T, backend string) *trial {
	t.Helper()
	thread, err := routine.New(routine.Config{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{T: t, backend: backend, thread: thread, began: time.Now()}
	t.Cleanup(func() { tr.must(thread.Close()) })
	return tr
}

func (t *trial) must(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t *trial) refused(err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Fatalf("got error %v, want %v", err, class)
	}
}

// sleep is an alertable wait, which must run routines or not, as told.
func (t *trial) sleep(timeout time.Duration, runs bool) {
	t.Helper()
	ran, err := t.thread.SleepEx(timeout, true)
	t.must(err)
	if ran != runs {
		t.Fatalf("an alertable wait of %v ran routines: %t, want %t", timeout, ran, runs)
	}
}

// until waits, alertably, until done holds.
func (t *trial) until(what string, done func() bool) {
	t.Helper()
	for !done() {
		left := bound - time.Since(t.began)
		if left <= 0 {
			t.Fatalf("still waiting for %s after %v", what, bound)
		}
		_, err := t.thread.SleepEx(left, true)
		t.must(err)
	}
}

// A result is what a routine was told, and how often it ran.
type result struct {
	runs int
	err  error
	n    int
}

func (r *result) routine(err error, n int, _ *routine.Op) {
	r.runs++
	r.err, r.n = err, n
}

func (r *result) done() bool { return r.runs > 0 }

// is checks that the routine ran once and was told this.
func (t *trial) is(r *result, n int, class error) {
	t.Helper()
	if r.runs != 1 || r.n != n || !errors.Is(r.err, class) {
		t.Fatalf("the routine ran %d times, last with n = %d and error %v; want one run with n = %d and error %v", r.runs, r.n, r.err, n, class)
	}
}

// pair connects a socket of the thread with a foreign peer.
func (t *trial) pair() (*routine.Socket, *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", loopback.String())
	t.must(err)
	defer ln.Close()
	s, err := t.thread.NewSocket(iocp.IPv4)
	t.must(err)
	var op routine.Op
	var connected result
	t.must(s.Connect(&op, connected.routine, ln.Addr().(*net.TCPAddr).AddrPort()))
	t.until("a connect", connected.done)
	t.is(&connected, 0, nil)
	return s, t.accept(ln, s.Addr())
}

// accept takes the connection from the given address. Others come from tests of
// refused connects, in other processes, to ports that were free a moment ago.
func (t *trial) accept(ln net.Listener, from netip.AddrPort) *net.TCPConn {
	t.Helper()
	ln.(*net.TCPListener).SetDeadline(t.began.Add(bound))
	for {
		conn, err := ln.Accept()
		t.must(err)
		if conn.RemoteAddr().(*net.TCPAddr).AddrPort() == from {
			return t.peer(conn)
		}
		conn.Close()
	}
}

// dial connects a foreign peer to a listener.
func (t *trial) dial(to netip.AddrPort) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", to.String(), bound)
	t.must(err)
	return t.peer(conn)
}

func (t *trial) peer(conn net.Conn) *net.TCPConn {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(t.began.Add(bound))
	return conn.(*net.TCPConn)
}

func (t *trial) listener() *routine.Listener {
	t.Helper()
	ln, err := t.thread.Listen(loopback, iocp.ListenConfig{})
	t.must(err)
	return ln
}

func (t *trial) write(conn net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(conn, text)
	t.must(err)
}

func (t *trial) reads(conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(conn, got)
	t.must(err)
	if string(got) != want {
		t.Fatalf("peer received %q, want %q", got, want)
	}
}

// panics gives what f panics with, or nil.
func panics(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// goroutine identifies the calling goroutine by its stack's heading.
func goroutine() string {
	buf := make([]byte, 64)
	id, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" ["))
	return string(id)
}
