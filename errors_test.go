package iocp_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"

	"iocp"
	"iocp/internal/refuse"
)

// classes are those that an error may be of; it is of one only.
var classes = map[string]error{
	"ErrAborted": iocp.ErrAborted, "ErrNotFound": iocp.ErrNotFound, "ErrWouldBlock": iocp.ErrWouldBlock,
	"ErrReset": iocp.ErrReset, "ErrRefused": iocp.ErrRefused, "ErrConnAborted": iocp.ErrConnAborted,
	"ErrTimedOut": iocp.ErrTimedOut, "ErrUnreachable": iocp.ErrUnreachable, "ErrNotConnected": iocp.ErrNotConnected,
	"ErrConnected": iocp.ErrConnected, "ErrShutdown": iocp.ErrShutdown, "ErrAddrInUse": iocp.ErrAddrInUse,
	"ErrAddrNotAvail": iocp.ErrAddrNotAvail, "ErrAccess": iocp.ErrAccess, "ErrInvalid": iocp.ErrInvalid,
	"ErrNotSupported": iocp.ErrNotSupported, "ErrLimit": iocp.ErrLimit, "ErrAssociated": iocp.ErrAssociated,
	"ErrNotAssociated": iocp.ErrNotAssociated, "ErrBusy": iocp.ErrBusy, "ErrSystem": iocp.ErrSystem,
	"ErrMessageSize": iocp.ErrMessageSize, "ErrBrokenPipe": iocp.ErrBrokenPipe,
	"net.ErrClosed": net.ErrClosed, "os.ErrDeadlineExceeded": os.ErrDeadlineExceeded,
}

// expect checks that err is of the named class, and of no other.
func expect(t *testing.T, err error, class string) {
	t.Helper()
	for name, c := range classes {
		if is := errors.Is(err, c); is != (name == class) {
			t.Errorf("%v: being %s is %v, want class %s", err, name, is, class)
		}
	}
}

// overBackends runs test on each backend that can be had here.
func overBackends(t *testing.T, test func(t *testing.T, port *iocp.Port)) {
	for _, name := range iocp.Backends() {
		t.Run(name, func(t *testing.T) {
			port, err := iocp.New(iocp.Config{Backend: name})
			if err != nil {
				t.Skipf("capability: %v", err)
			}
			defer port.Close()
			test(t, port)
		})
	}
}

// provocations get errors of each class out of the system, or out of the port.
// docs/errors.md lists the classes for which there is none.
var provocations = []struct {
	class string
	by    func(b *bench) error
}{
	{"ErrAborted", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		b.must(b.sock.Cancel(&op))
		return b.outcome()
	}},
	{"net.ErrClosed", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		b.must(b.sock.Close())
		return b.outcome()
	}},
	{"net.ErrClosed", func(b *bench) error {
		b.must(b.port.Close())
		return b.port.Post(nil, 0, nil)
	}},
	{"os.ErrDeadlineExceeded", func(b *bench) error {
		_, err := b.worker.Wait(make([]iocp.Completion, 1), 0)
		return err
	}},
	{"ErrNotFound", func(b *bench) error { return b.sock.Cancel(new(iocp.Op)) }},
	{"ErrWouldBlock", func(b *bench) error {
		ln, err := b.port.Listen(loopback, iocp.ListenConfig{})
		b.must(err)
		defer ln.Close()
		_, err = ln.TryAccept()
		return err
	}},
	{"ErrReset", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		b.must(b.peer.SetLinger(0))
		b.must(b.peer.Close())
		return b.outcome()
	}},
	{"ErrRefused", func(b *bench) error {
		var op iocp.Op
		b.must(b.socket().Connect(&op, b.nobody()))
		return b.outcome()
	}},
	// TCP knows no groups: connect(2) is refused before anything is sent.
	{"ErrUnreachable", func(b *bench) error {
		var op iocp.Op
		if err := b.socket().Connect(&op, netip.MustParseAddrPort("224.0.0.1:9")); err != nil {
			return err
		}
		return b.outcome()
	}},
	{"ErrNotConnected", func(b *bench) error { return b.socket().Recv(new(iocp.Op), make([]byte, 1)) }},
	{"ErrConnected", func(b *bench) error { return b.sock.Connect(new(iocp.Op), b.nobody()) }},
	{"ErrShutdown", func(b *bench) error {
		b.must(b.sock.Shutdown(iocp.SendSide))
		return b.sock.Send(new(iocp.Op), []byte("late"))
	}},
	{"ErrAddrInUse", func(b *bench) error {
		ln, err := b.port.Listen(loopback, iocp.ListenConfig{})
		b.must(err)
		defer ln.Close()
		_, err = b.port.Listen(ln.Addr(), iocp.ListenConfig{})
		return err
	}},
	{"ErrMessageSize", func(b *bench) error {
		d, err := b.port.NewDatagram(loopback)
		b.has(err)
		defer d.Close()
		b.must(b.port.Associate(d, nil))
		const most = 65507 // of UDP over IPv4
		if err := d.SendTo(new(iocp.Op), d.Addr(), make([]byte, most+1)); err != nil {
			return err
		}
		return b.outcome()
	}},
	{"ErrBrokenPipe", func(b *bench) error {
		r, w, err := b.port.Pipe()
		b.has(err)
		defer w.Close()
		b.must(b.port.Associate(w, nil))
		b.must(r.Close())
		if err := w.Send(new(iocp.Op), []byte("x")); err != nil {
			return err
		}
		return b.outcome()
	}},
	// An address for documentation, which no machine has.
	{"ErrAddrNotAvail", func(b *bench) error {
		_, err := b.port.Listen(netip.MustParseAddrPort("192.0.2.1:0"), iocp.ListenConfig{})
		return err
	}},
	{"ErrInvalid", func(b *bench) error {
		_, err := b.port.Listen(netip.AddrPort{}, iocp.ListenConfig{})
		return err
	}},
	{"ErrAssociated", func(b *bench) error { return b.port.Associate(b.sock, nil) }},
	{"ErrNotAssociated", func(b *bench) error {
		ln, err := b.port.Listen(loopback, iocp.ListenConfig{})
		b.must(err)
		defer ln.Close()
		return ln.Accept(new(iocp.Op))
	}},
	{"ErrBusy", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		defer func() {
			b.must(b.sock.Cancel(&op))
			b.outcome()
		}()
		return b.sock.Send(&op, []byte("x"))
	}},
}

// nobody is an address where nobody listens.
func (b *bench) nobody() netip.AddrPort {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

func TestErrorsProvoked(t *testing.T) {
	overBackends(t, func(t *testing.T, port *iocp.Port) {
		for _, p := range provocations {
			t.Run(p.class, func(t *testing.T) {
				port, err := iocp.New(iocp.Config{Backend: port.Backend()})
				if err != nil {
					t.Fatal(err)
				}
				defer port.Close()
				expect(t, p.by(newBench(t, port)), p.class)
			})
		}
	})
}

// ErrNotSupported can only be had where something isn't supported: listeners
// that share an address, on Windows.
func TestErrNotSupported(t *testing.T) {
	overBackends(t, func(t *testing.T, port *iocp.Port) {
		ln, err := port.Listen(loopback, iocp.ListenConfig{ReusePort: true})
		if err == nil {
			ln.Close()
			t.Skip("capability: this system supports all that is asked of it")
		}
		expect(t, err, "ErrNotSupported")
	})
}

func TestErrLimit(t *testing.T) {
	overBackends(t, func(t *testing.T, port *iocp.Port) {
		inChild(t, func(t *testing.T) {
			const most = 40
			suffer(t, refuse.Descriptors(most))
			for range most {
				s, err := port.NewSocket(iocp.IPv4)
				if err != nil {
					expect(t, err, "ErrLimit")
					return
				}
				defer s.Close()
			}
			// Backend portable's sockets have no descriptor before they connect.
			for range most {
				ln, err := port.Listen(loopback, iocp.ListenConfig{})
				if err != nil {
					expect(t, err, "ErrLimit")
					return
				}
				defer ln.Close()
			}
			t.Error("no limit was met")
		})
	})
}

func TestErrAccess(t *testing.T) {
	privileged := netip.MustParseAddrPort("127.0.0.1:1")
	overBackends(t, func(t *testing.T, port *iocp.Port) {
		inChild(t, func(t *testing.T) {
			suffer(t, refuse.Privileges())
			if ln, err := net.Listen("tcp", privileged.String()); err == nil {
				ln.Close()
				t.Skip("capability: every port is free to all here")
			}
			_, err := port.Listen(privileged, iocp.ListenConfig{})
			expect(t, err, "ErrAccess")
		})
	})
}
