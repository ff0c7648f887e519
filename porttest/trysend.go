package porttest

import (
	"errors"
	"net"

	"iocp"
)

// Sending without an operation: TrySend, the other side of C54. A backend
// without it says ErrWouldBlock always.

// trySends sends a stream by TrySend as far as that goes and by operations
// where it doesn't: everything arrives in order, and nothing is said to have
// been sent that wasn't.
func trySends(t *trial) {
	s, peer := t.pair("socket")
	data := pattern(t.volume(4<<20, 64<<10))
	reading := peer.reading(data)
	var op iocp.Op
	for rest := data; len(rest) > 0; {
		n, err := s.TrySend(rest)
		switch {
		case err == nil && n > 0 && n <= len(rest):
			rest = rest[n:]
		case errors.Is(err, iocp.ErrWouldBlock) && n == 0:
			n = min(len(rest), 100_000)
			t.send(s, &op, rest[:n])
			t.expect(packet{op: &op, key: "socket", n: n})
			rest = rest[n:]
		default:
			t.Fatalf("TrySend of %d bytes = %d, %v", len(rest), n, err)
		}
	}
	reading.must()
}

// trySendBehind has a send pending: nothing may overtake it.
func trySendBehind(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	data := t.sendStuck(s, peer, &op)
	if n, err := s.TrySend([]byte("overtaking")); n != 0 || !errors.Is(err, iocp.ErrWouldBlock) {
		t.Fatalf("TrySend behind a send = %d, %v; want ErrWouldBlock", n, err)
	}
	t.quiet()
	reading := peer.reading(data[1:])
	t.expect(packet{op: &op, key: "socket", n: len(data)})
	reading.must()
}

// trySendRefused looks at what TrySend says where it can't send at all.
func trySendRefused(t *trial) {
	refuses := func(s *iocp.Socket, class error) {
		t.Helper()
		if n, err := s.TrySend([]byte("x")); n != 0 || !errors.Is(err, class) {
			t.Errorf("TrySend = %d, %v; want %v", n, err, class)
		}
	}
	fresh, err := t.port.NewSocket(iocp.IPv4)
	t.must(err)
	refuses(fresh, iocp.ErrNotConnected)
	t.must(fresh.Close())
	s, _ := t.pair("socket")
	t.must(s.Shutdown(iocp.SendSide))
	refuses(s, iocp.ErrShutdown)
	s, _ = t.pair("other")
	t.must(s.Close())
	refuses(s, net.ErrClosed)
}
