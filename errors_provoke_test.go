package iocp_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"iocp"
	"iocp/internal/refuse"
)

// provocations get errors of each class out of the system, or out of the port. One
// that a backend or a system can't be provoked by is skipped there.
var provocations = []struct {
	class string
	by    func(b *bench) error
}{
	{"ErrAborted", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		return b.outcome(b.sock.Cancel(&op))
	}},
	{"net.ErrClosed", func(b *bench) error {
		b.must(b.sock.Recv(new(iocp.Op), make([]byte, 1)))
		return b.outcome(b.sock.Close())
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
		_, err := b.listener().TryAccept()
		return err
	}},
	{"ErrReset", func(b *bench) error {
		b.must(b.sock.Recv(new(iocp.Op), make([]byte, 1)))
		return b.outcome(b.peer.Abort())
	}},
	{"ErrRefused", func(b *bench) error { return b.outcome(b.socket().Connect(new(iocp.Op), b.nobody())) }},
	// TCP knows no groups: connect(2) is refused before anything is sent.
	{"ErrUnreachable", func(b *bench) error {
		return b.outcome(b.socket().Connect(new(iocp.Op), netip.MustParseAddrPort("224.0.0.1:9")))
	}},
	{"ErrNotConnected", func(b *bench) error { return b.socket().Recv(new(iocp.Op), make([]byte, 1)) }},
	{"ErrConnected", func(b *bench) error { return b.sock.Connect(new(iocp.Op), b.nobody()) }},
	{"ErrShutdown", func(b *bench) error {
		b.must(b.sock.Shutdown(iocp.SendSide))
		return b.sock.Send(new(iocp.Op), []byte("late"))
	}},
	{"ErrAddrInUse", func(b *bench) error {
		_, err := b.port.Listen(b.listener().Addr(), iocp.ListenConfig{})
		return err
	}},
	{"ErrMessageSize", func(b *bench) error {
		d, err := b.port.NewDatagram(anyPort)
		b.has(err)
		defer d.Close()
		b.must(b.port.Associate(d, nil))
		const most = 65507 // of UDP over IPv4
		return b.outcome(d.SendTo(new(iocp.Op), d.Addr(), make([]byte, most+1)))
	}},
	{"ErrBrokenPipe", func(b *bench) error {
		r, w, err := b.port.Pipe()
		b.has(err)
		defer w.Close()
		b.must(b.port.Associate(w, nil))
		b.must(r.Close())
		return b.outcome(w.Send(new(iocp.Op), []byte("x")))
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
	{"ErrNotAssociated", func(b *bench) error { return b.listener().Accept(new(iocp.Op)) }},
	{"ErrBusy", func(b *bench) error {
		var op iocp.Op
		b.must(b.sock.Recv(&op, make([]byte, 1)))
		defer func() { b.outcome(b.sock.Cancel(&op)) }()
		return b.sock.Send(&op, []byte("x"))
	}},
	// Unix sockets, or TCP's options on one.
	{"ErrNotSupported", func(b *bench) error {
		s, err := b.port.NewUnixSocket()
		if err != nil {
			return err
		}
		defer s.Close()
		return s.NoDelay(true)
	}},
	{"fs.ErrNotExist", func(b *bench) error { return b.open(filepath.Join(b.TempDir(), "none"), os.O_RDONLY) }},
	{"fs.ErrNotExist", func(b *bench) error {
		s, err := b.port.NewUnixDatagram("")
		b.has(err)
		defer s.Close()
		_, err = b.port.ListenUnix(filepath.Join(b.TempDir(), "none", "socket"), iocp.ListenConfig{})
		return err
	}},
	{"fs.ErrExist", func(b *bench) error {
		name := filepath.Join(b.TempDir(), "file")
		b.must(os.WriteFile(name, nil, 0o600))
		return b.open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	}},
	// Nobody writes to a program that runs, on Windows. Elsewhere somebody who is
	// connected takes datagrams of nobody else (unix(7), EPERM).
	{"ErrAccess", func(b *bench) error {
		dir := b.TempDir()
		var ends [3]*iocp.Datagram
		for i, name := range []string{"taken", "mate", "stranger"} {
			d, err := b.port.NewUnixDatagram(filepath.Join(dir, name))
			if errors.Is(err, iocp.ErrNotSupported) {
				return b.open(os.Args[0], os.O_RDWR)
			}
			b.must(err)
			defer d.Close()
			b.must(b.port.Associate(d, nil))
			ends[i] = d
		}
		b.must(ends[0].ConnectUnix(filepath.Join(dir, "mate")))
		return b.outcome(ends[2].SendToUnix(new(iocp.Op), filepath.Join(dir, "taken"), []byte("x")))
	}},
	// No process has memory at 0 (proc(5)).
	{"ErrSystem", func(b *bench) error {
		f, err := b.port.OpenFile("/proc/self/mem", os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			b.Skip("capability: this system shows no process's memory as a file")
		}
		b.must(err)
		defer f.Close()
		b.must(b.port.Associate(f, nil))
		return b.outcome(f.ReadAt(new(iocp.Op), make([]byte, 1), 0))
	}},
	// A rough network doesn't answer every connect.
	{"ErrTimedOut", func(b *bench) error {
		if !strings.HasPrefix(b.port.Backend(), "sim") {
			b.Skip("capability: a peer that doesn't answer takes a network that loses something")
		}
		rough := newBench(b.T, "sim:1:rough/"+b.Name())
		for {
			if err := rough.outcome(rough.socket().Connect(new(iocp.Op), rough.nobody())); errors.Is(err, iocp.ErrTimedOut) {
				return err
			}
		}
	}},
}

// open is how opening a file fails.
func (b *bench) open(name string, flag int) error {
	f, err := b.port.OpenFile(name, flag, 0o600)
	if err == nil {
		f.Close()
	}
	return err
}

// deprivations are provocations in a process that the system refuses something for good.
var deprivations = []struct {
	class string
	by    func(b *bench) error
}{
	{"ErrLimit", func(b *bench) error {
		const most = 40
		suffer(b.T, refuse.Descriptors(most))
		for range most {
			if s, err := b.port.NewSocket(iocp.IPv4); err != nil {
				return err
			} else {
				defer s.Close()
			}
		}
		// Backend portable's sockets have no descriptor before they connect, and the
		// simulator's have none; but both open files.
		name := filepath.Join(b.TempDir(), "file")
		for range most {
			f, err := b.port.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
			if err != nil {
				return err
			}
			defer f.Close()
		}
		return nil
	}},
	{"ErrAccess", func(b *bench) error {
		privileged := netip.MustParseAddrPort("127.0.0.1:1")
		suffer(b.T, refuse.Privileges())
		if ln, err := net.Listen("tcp", privileged.String()); err == nil {
			ln.Close()
			b.Skip("capability: every port is free to all here")
		}
		_, err := b.port.Listen(privileged, iocp.ListenConfig{})
		return err
	}},
	{"ErrTimedOut", func(b *bench) error {
		s, addr := b.socket(), b.nobody()
		suffer(b.T, refuse.Calls(syscall.ETIMEDOUT, "connect"))
		return b.outcome(s.Connect(new(iocp.Op), addr))
	}},
	// Accept goes on after such a connection (C93), but not without end.
	{"ErrConnAborted", func(b *bench) error {
		if b.port.Backend() == "portable" {
			b.Skip("capability: package net goes on without end")
		}
		ln := b.listener()
		suffer(b.T, refuse.Calls(syscall.ECONNABORTED, "accept4"))
		client, err := net.Dial("tcp", ln.Addr().String())
		b.must(err)
		defer client.Close()
		_, err = ln.TryAccept()
		return err
	}},
}
