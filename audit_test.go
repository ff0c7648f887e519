package iocp_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"iocp"
	"iocp/internal/driver"
	"iocp/internal/invariant"
)

// auditor is a port with what a checked build is tried on.
type auditor struct {
	t    *testing.T
	port *iocp.Port
	w    *iocp.Worker
}

func newAuditor(t *testing.T, backend string) *auditor {
	p := newPort(t, iocp.Config{Backend: backend})
	return &auditor{t: t, port: p, w: p.Worker()}
}

// associate is for handles that the backend may not have.
func (a *auditor) associate(h iocp.Handle, err error) {
	a.t.Helper()
	if errors.Is(err, iocp.ErrNotSupported) {
		a.t.Skipf("capability: %v", err)
	}
	check(a.t, err)
	check(a.t, a.port.Associate(h, nil))
}

// wait dequeues n packets, all of operations that succeeded, and gives the last.
func (a *auditor) wait(n int) (last iocp.Completion) {
	a.t.Helper()
	for range n {
		var got [1]iocp.Completion
		_, err := a.w.Wait(got[:], bound)
		check(a.t, err)
		check(a.t, got[0].Err)
		last = got[0]
	}
	return last
}

// streams connects two sockets of the port.
func (a *auditor) streams() (from, to *iocp.Socket) {
	a.t.Helper()
	l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
	a.associate(l, err)
	from, err = a.port.NewSocket(iocp.IPv4)
	a.associate(from, err)
	var accept, connect iocp.Op
	check(a.t, l.Accept(&accept))
	check(a.t, from.Connect(&connect, l.Addr()))
	for range 2 {
		if c := a.wait(1); c.Op == &accept {
			to = c.Socket
		}
	}
	a.associate(to, nil)
	return from, to
}

// transfers has "data" moved into bufs, by each kind of handle.
var transfers = map[string]func(a *auditor, op *iocp.Op, bufs [][]byte){
	"socket": func(a *auditor, op *iocp.Op, bufs [][]byte) {
		from, to := a.streams()
		var send iocp.Op
		check(a.t, to.Recv(op, bufs...))
		check(a.t, from.Send(&send, []byte("data")))
	},
	"datagram": func(a *auditor, op *iocp.Op, bufs [][]byte) {
		d, err := a.port.NewDatagram(anyPort)
		a.associate(d, err)
		var send iocp.Op
		check(a.t, d.RecvFrom(op, bufs...))
		check(a.t, d.SendTo(&send, d.Addr(), []byte("data")))
	},
	"pipe": func(a *auditor, op *iocp.Op, bufs [][]byte) {
		r, w, err := a.port.Pipe()
		a.associate(r, err)
		a.associate(w, err)
		var send iocp.Op
		check(a.t, r.Recv(op, bufs...))
		check(a.t, w.Send(&send, []byte("data")))
	},
	"file": func(a *auditor, op *iocp.Op, bufs [][]byte) {
		f, err := a.port.OpenFile(filepath.Join(a.t.TempDir(), "file"), os.O_CREATE|os.O_RDWR, 0o600)
		a.associate(f, err)
		var write iocp.Op
		check(a.t, f.WriteAt(&write, []byte("data"), 0))
		a.wait(1)
		check(a.t, f.ReadAt(op, bufs[0], 0))
		check(a.t, f.ReadAt(&write, nil, 0)) // reads nothing; two packets, as in the others
	},
}

// In a checked build buffers are junked when a receive is submitted, not later:
// the data is there, and around it nothing that was there before.
func TestReceiveBuffersAreJunk(t *testing.T) {
	onBackends(t, func(t *testing.T, backend string) {
		for name, transfer := range transfers {
			t.Run(name, func(t *testing.T) {
				a := newAuditor(t, backend)
				defer a.port.Close()
				bufs := [][]byte{bytes.Repeat([]byte("."), 100), bytes.Repeat([]byte("."), 100)}
				if name == "file" {
					bufs = bufs[:1]
				}
				var op iocp.Op
				transfer(a, &op, bufs)
				a.wait(2)
				if !bytes.HasPrefix(bufs[0], []byte("data")) {
					t.Errorf("received %q", bufs[0][:4])
				}
				for i, rest := range append([][]byte{bufs[0][4:]}, bufs[1:]...) {
					if kept := bytes.ContainsRune(rest, '.'); kept == invariant.Enabled {
						t.Errorf("buffer %d keeps old bytes: %v, in a checked build: %v", i, kept, invariant.Enabled)
					}
				}
			})
		}
	})
}

// An operation that the port refuses has not got the buffer.
func TestRefusedReceiveLeavesItsBuffer(t *testing.T) {
	a := newAuditor(t, "sim:1")
	defer a.port.Close()
	from, to := a.streams()
	var recv, send iocp.Op
	check(t, to.Recv(&recv, make([]byte, 1)))
	buf := []byte("mine")
	if err := to.Recv(&recv, buf); !errors.Is(err, iocp.ErrBusy) {
		t.Fatalf("got %v, want ErrBusy", err)
	}
	check(t, from.Send(&send, []byte("x")))
	a.wait(2)
	check(t, to.Recv(&recv, buf[:0]))
	check(t, from.Send(&send, []byte("x")))
	a.wait(2)
	check(t, to.Shutdown(iocp.RecvSide))
	if err := to.Recv(&recv, buf); !errors.Is(err, iocp.ErrShutdown) {
		t.Fatalf("got %v, want ErrShutdown", err)
	}
	if string(buf) != "mine" {
		t.Errorf("the buffer holds %q now", buf)
	}
}

// wantPanic runs f, which must panic, with all of the words in their order. Those
// after the first are of the history, which only a checked build has.
func wantPanic(t *testing.T, f func(), words ...string) {
	t.Helper()
	if !invariant.Enabled {
		words = words[:1]
	}
	defer func() {
		t.Helper()
		rest := fmt.Sprint(recover())
		for _, w := range words {
			_, after, ok := strings.Cut(rest, w)
			if !ok {
				t.Fatalf("the panic has no %q, behind what comes before it in %q:\n%s", w, words, rest)
			}
			rest = after
		}
	}()
	f()
}

func TestMisusedBufTellsItsHistory(t *testing.T) {
	a := newAuditor(t, "sim:1")
	defer a.port.Close()
	from, to := a.streams()
	var recv, send iocp.Op
	check(t, to.RecvPooled(&recv))
	check(t, from.Send(&send, []byte("x")))
	var buf iocp.Buf
	for range 2 {
		if c := a.wait(1); c.Op == &recv {
			buf = c.Buf
		}
	}
	buf.Release()
	wantPanic(t, buf.Release, "iocp: Buf released twice", "handed out, 1 bytes", "audit_test.go", "released", "audit_test.go")
	wantPanic(t, func() { buf.Bytes() }, "iocp: Buf used after Release", "released", "audit_test.go")
}

func TestWritingToASendInFlight(t *testing.T) {
	a := newAuditor(t, "sim:1")
	defer a.port.Close()
	from, _ := a.streams()
	var send iocp.Op
	data := []byte("data")
	check(t, from.Send(&send, data))
	data[3] = 'e'
	if !invariant.Enabled {
		a.wait(1) // to find it out costs too much here
		return
	}
	wantPanic(t, func() { a.wait(1) }, "written to while a send", "send submitted, 4 bytes", "audit_test.go", "dequeued, 4 bytes", "audit_test.go")
}

// stutter is the simulator, but for saying everything twice.
type stutter struct{ driver.Backend }

type stutterSink struct{ driver.Sink }

func (stutter) Name() string { return "stutter" }

func (s stutter) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	return s.Backend.Open(cfg, stutterSink{sink})
}

func (s stutterSink) Complete(op *driver.Op, o *driver.Order, by *driver.LocalQueue) {
	s.Sink.Complete(op, o, by)
	if op.Kind == driver.KindSend {
		s.Sink.Complete(op, o, by)
	}
}

// TestBackendCompletesTwice is in a process of its own because the panic leaves
// a port behind that nobody can close.
func TestBackendCompletesTwice(t *testing.T) {
	if !invariant.Enabled {
		t.Skip("capability: this build isn't checked")
	}
	inChild(t, func(t *testing.T) {
		sim, ok := driver.Lookup("sim:1")
		if !ok {
			t.Fatal("no simulator")
		}
		driver.Register(stutter{sim})
		a := newAuditor(t, "stutter")
		from, _ := a.streams()
		var send iocp.Op
		wantPanic(t, func() {
			check(t, from.Send(&send, []byte("data")))
			a.wait(1)
		}, "queued that is queued already", "send submitted, 4 bytes", "audit_test.go", "queued, 4 bytes", "stutterSink.Complete")
	})
}
