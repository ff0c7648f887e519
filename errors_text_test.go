package iocp_test

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"iocp"
)

// An error says in one line what was done, to whom, and why it failed; and says
// nothing twice.
func TestErrorTexts(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		a := newAuditor(t, backend)
		defer a.port.Close()
		l, err := a.port.Listen(anyPort, iocp.ListenConfig{})
		a.associate(l, err)
		gone := l.Addr()
		check(t, l.Close())
		nobodys := netip.MustParseAddrPort("192.0.2.1:7")
		_, listen := a.port.Listen(nobodys, iocp.ListenConfig{})
		s, err := a.port.NewSocket(iocp.IPv4)
		a.associate(s, err)
		connect := a.fails(func(op *iocp.Op) error { return s.Connect(op, gone) })
		recv := s.Recv(new(iocp.Op), make([]byte, 1))
		from, _ := a.streams()
		peer := from.RemoteAddr().String()
		aborted := a.fails(func(op *iocp.Op) error {
			if err := from.Recv(op, make([]byte, 1)); err != nil {
				return err
			}
			return from.Cancel(op)
		})
		check(t, from.Close())
		d, err := a.port.NewDatagram(anyPort)
		a.associate(d, err)
		large := a.fails(func(op *iocp.Op) error { return d.SendTo(op, gone, make([]byte, 70000)) })
		name := filepath.Join(t.TempDir(), "file")
		_, open := a.port.OpenFile(name, os.O_RDONLY, 0)
		f, err := a.port.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		a.associate(f, err)
		read := a.fails(func(op *iocp.Op) error { return f.ReadAt(op, make([]byte, 1), 5) })
		texts := map[string]error{
			"listen 192.0.2.1:7: ":            listen,
			"bind 192.0.2.1:7: ":              s.Bind(nobodys),
			"connect " + gone.String() + ": ": connect,
			"recv: ":                          recv,
			"recv " + peer + ": ":             aborted,
			"send " + peer + ": ":             from.Send(new(iocp.Op), nil),
			"close " + peer + ": ":            from.Close(),
			"accept " + gone.String() + ": ":  l.Accept(new(iocp.Op)),
			"sendto " + gone.String() + ": ":  large,
			"open " + name + ": ":             open,
			"read " + name + ": ":             read,
		}
		missing := filepath.Join(t.TempDir(), "nobody")
		if u, err := a.port.NewUnixSocket(); err == nil {
			a.associate(u, nil)
			texts["connect "+missing+": "] = a.fails(func(op *iocp.Op) error { return u.ConnectUnix(op, missing) })
		}
		for want, err := range texts {
			wantText(t, err, "iocp: "+want)
		}
	})
}

// fails is how an operation fails, at once or later.
func (a *auditor) fails(start func(*iocp.Op) error) error {
	a.t.Helper()
	var op iocp.Op
	if err := start(&op); err != nil {
		return err
	}
	var got [1]iocp.Completion
	_, err := a.w.Wait(got[:], bound)
	check(a.t, err)
	return got[0].Err
}

var word = regexp.MustCompile(`[a-z]+`)

func wantText(t *testing.T, err error, start string) {
	t.Helper()
	var op *iocp.OpError
	if !errors.As(err, &op) || !strings.HasPrefix(err.Error(), start) {
		t.Errorf("got %q, want it to begin with %q", err, start)
		return
	}
	cause := strings.TrimPrefix(err.Error(), start)
	if cause == "" || strings.ContainsAny(cause, "\n") || word.FindString(cause) == op.Op && strings.Contains(cause, ":") {
		t.Errorf("%q says something twice, or no cause", err)
	}
}
