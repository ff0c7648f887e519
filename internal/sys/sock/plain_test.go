//go:build linux || darwin || freebsd

package sock

import (
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The plain calls are those of systems without their own. They are tested on all.

func must(t *testing.T, err error) {
	if t.Helper(); err != nil {
		t.Fatal(err)
	}
}

// expect expects what a transfer comes to.
func expect(t *testing.T, what string, n int, errno syscall.Errno, wantN int, want syscall.Errno) {
	if t.Helper(); n != wantN || errno != want {
		t.Errorf("%s: %d bytes, %v; want %d, %v", what, n, errno, wantN, want)
	}
}

// pair is two connected sockets that never wait.
func pair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(t, err)
	for _, fd := range fds {
		must(t, unix.SetNonblock(fd, true))
	}
	t.Cleanup(func() { unix.Close(fds[0]) })
	return fds[0], fds[1]
}

func TestPlainTransfers(t *testing.T) {
	a, b := pair(t)
	one := [][]byte{make([]byte, 8)}
	n, errno := recvPlain(a, one, 8, false)
	expect(t, "nothing there", n, errno, 0, unix.EAGAIN)
	n, errno = sendPlain(b, [][]byte{[]byte("abc"), nil, []byte("defgh")}, 6)
	expect(t, "several buffers, of which six bytes", n, errno, 6, 0)
	n, errno = recvPlain(a, one, 1, true)
	expect(t, "a look", n, errno, 1, 0)
	two := [][]byte{make([]byte, 2), make([]byte, 8)}
	n, errno = recvPlain(a, two, 5, false)
	expect(t, "into several, five bytes", n, errno, 5, 0)
	if got := string(two[0]) + string(two[1][:3]); got != "abcde" {
		t.Errorf("received %q", got)
	}
	n, errno = recvPlain(a, one, 8, false)
	expect(t, "the rest", n, errno, 1, 0)
	must(t, unix.Close(b))
	n, errno = recvPlain(a, one, 8, false)
	expect(t, "the end", n, errno, 0, 0)
	n, errno = sendPlain(a, one, 8)
	expect(t, "to nobody", n, errno, 0, unix.EPIPE)
}

func TestPlainPipes(t *testing.T) {
	r, w, err := Pipe()
	must(t, err)
	defer unix.Close(r)
	buf := [][]byte{nil, make([]byte, 8)}
	n, errno := readPlain(r, buf, 8, true)
	expect(t, "a look at nothing", n, errno, 0, unix.EAGAIN)
	n, errno = writePlain(w, [][]byte{nil, []byte("abc"), []byte("d")}, 2)
	expect(t, "two bytes of the first buffer with any", n, errno, 2, 0)
	n, errno = readPlain(r, buf, 8, true)
	expect(t, "a look", n, errno, 0, 0)
	n, errno = readPlain(r, buf, 8, false)
	expect(t, "what is there", n, errno, 2, 0)
	must(t, unix.Close(w))
	n, errno = readPlain(r, buf, 8, false)
	expect(t, "the end", n, errno, 0, 0)
}

// udp is a socket bound to all addresses of a family, and its port.
func udp(t *testing.T, v6 bool) (fd int, port uint16) {
	t.Helper()
	family, any := unix.AF_INET, netip.IPv4Unspecified()
	if v6 {
		family, any = unix.AF_INET6, netip.IPv6Unspecified()
	}
	fd, err := Socket(family, unix.SOCK_DGRAM)
	if err == nil {
		t.Cleanup(func() { unix.Close(fd) })
		err = unix.Bind(fd, Sockaddr(netip.AddrPortFrom(any, 0), v6))
	}
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	must(t, TellHere(fd, v6))
	own, err := unix.Getsockname(fd)
	must(t, err)
	return fd, AddrPort(own).Port()
}

// A datagram comes with its sender's address and its own, both chosen by the sender,
// and is cut where there is too little room.
func TestPlainDatagrams(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		ip := netip.MustParseAddr("127.0.0.1")
		if v6 {
			ip = netip.MustParseAddr("::1")
		}
		to, port := udp(t, v6)
		from, own := udp(t, v6)
		for _, c := range []struct{ text, got string }{{"abcdef", "abcdef"}, {"abcdefghi", "abcdefgh"}, {"", ""}} {
			var out, in plainMessage
			out.SetBuffers([][]byte{[]byte(c.text)})
			out.SetAddr(netip.AddrPortFrom(ip, port), v6)
			out.SetHere(ip, v6)
			n, errno := sendMessagePlain(from, &out)
			expect(t, "send", n, errno, len(c.text), 0)
			room := make([]byte, 8)
			in.SetBuffers([][]byte{room[:2], room[2:]})
			in.WantHere()
			in.WantName()
			n, errno = recvMessagePlain(to, &in)
			expect(t, "receive", n, errno, len(c.got), 0)
			if got := string(room[:n]); got != c.got || in.Truncated() != (len(c.text) > len(room)) {
				t.Errorf("sent %q, received %q, cut: %v", c.text, got, in.Truncated())
			}
			if in.Addr() != netip.AddrPortFrom(ip, own) || in.Here() != ip {
				t.Errorf("from %v to %v", in.Addr(), in.Here())
			}
			n, errno = recvMessagePlain(to, &in)
			expect(t, "another", n, errno, 0, unix.EAGAIN)
		}
	}
}

func TestPlainDatagramsOverUnixSockets(t *testing.T) {
	dir := t.TempDir()
	var fds [2]int
	for i := range fds {
		var err error
		fds[i], err = Socket(unix.AF_UNIX, unix.SOCK_DGRAM)
		must(t, err)
		defer unix.Close(fds[i])
	}
	path := filepath.Join(dir, "s")
	must(t, unix.Bind(fds[0], &unix.SockaddrUnix{Name: path}))
	var out, in plainMessage
	for _, own := range []string{"", filepath.Join(dir, "c")} {
		if own != "" {
			must(t, unix.Bind(fds[1], &unix.SockaddrUnix{Name: own}))
		}
		out.SetBuffers([][]byte{[]byte("abc")})
		if !out.SetPath(path) {
			t.Fatal("the path is too long")
		}
		n, errno := sendMessagePlain(fds[1], &out)
		expect(t, "send", n, errno, 3, 0)
		in.SetBuffers([][]byte{make([]byte, 8)})
		in.WantName()
		n, errno = recvMessagePlain(fds[0], &in)
		expect(t, "receive", n, errno, 3, 0)
		if in.Path() != own {
			t.Errorf("from %q, want %q", in.Path(), own)
		}
	}
}
