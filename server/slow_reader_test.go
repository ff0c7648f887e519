package server_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// A peer that reads steadily, if slowly, gets everything, however much longer
// than CloseTimeout that takes: the time counts in which nothing moves.
func TestSlowReaderGetsEverythingAfterItsEnd(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, cfg server.Config) {
		t.Parallel()
		cfg.CloseTimeout = 500 * time.Millisecond
		reasons := make(chan error, 1)
		_, _, peer := connect(t, cfg, calls{
			data:  func(c *server.Conn, data []byte) { c.TrySend(data) },
			close: func(_ *server.Conn, err error) { reasons <- err },
		})
		sent := pattern(8 << 20)
		go func() {
			peer.Write(sent)
			peer.CloseWrite()
		}()
		got, err := readSlowly(peer, 64<<10, 10*time.Millisecond)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
		}
		if err := next(t, reasons); err != nil {
			t.Errorf("OnClose(%v)", err)
		}
	})
}

// So does one that was closed on, whether it ends its own side or not.
func TestSlowReaderGetsEverythingAfterClose(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, cfg server.Config) {
		t.Parallel()
		cfg.CloseTimeout, cfg.SendQueueMax = 500*time.Millisecond, 8<<20
		reasons := make(chan error, 1)
		_, c, peer := connect(t, cfg, calls{close: func(_ *server.Conn, err error) { reasons <- err }})
		sent := pattern(8 << 20)
		if err := c.TrySend(sent); err != nil {
			t.Fatal(err)
		}
		c.Close()
		got, err := readSlowly(peer, 64<<10, 10*time.Millisecond)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
		}
		if err := next(t, reasons); !errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("OnClose(%v), want net.ErrClosed", err)
		}
	})
}

// What the system holds isn't given up either, as a close would when the peer
// sends into it: the peer would be reset. Nor is a long send that has left in part.
func TestSlowReaderThatSendsGetsEverythingAfterClose(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"held by the system": 1 << 20, "one long send": 8 << 20} {
		t.Run(name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				t.Parallel()
				needHeld(t, cfg)
				cfg.CloseTimeout, cfg.SendQueueMax = 500*time.Millisecond, size
				_, c, peer := connect(t, cfg, calls{})
				sent := pattern(size)
				s := server.Share(sent)
				if err := c.TrySendShared(s); err != nil {
					t.Fatal(err)
				}
				s.Release()
				c.Close()
				go chatter(peer)
				got, err := readSlowly(peer, size/128, 10*time.Millisecond)
				if err != nil || !bytes.Equal(got, sent) {
					t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
				}
			})
		})
	}
}

// chatter sends now and then until that fails.
func chatter(c net.Conn) {
	for {
		if _, err := c.Write([]byte("more")); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// needHeld skips where the system doesn't tell what it holds of sends that are
// over.
func needHeld(t *testing.T, cfg server.Config) {
	t.Helper()
	port, err := iocp.New(cfg.PortConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	ln, err := net.Listen("tcp", loopback.String())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // with what waits in its backlog
	sock, err := port.NewSocket(iocp.IPv4)
	if err != nil {
		t.Fatal(err)
	}
	w := port.Worker()
	defer w.Close()
	var op iocp.Op
	finish := func(err error) {
		t.Helper()
		var done [1]iocp.Completion
		if err == nil {
			_, err = w.Wait(done[:], bound)
		}
		if err = errors.Join(err, done[0].Err); err != nil {
			t.Fatal(err)
		}
	}
	if err := port.Associate(sock, nil); err != nil {
		t.Fatal(err)
	}
	finish(sock.Connect(&op, ln.Addr().(*net.TCPAddr).AddrPort()))
	for range 64 { // more than what is acknowledged for a peer that doesn't read
		finish(sock.Send(&op, make([]byte, 16<<10)))
	}
	if sock.Undelivered() == 0 {
		t.Skipf("capability: %s isn't told what the system holds of sends that are over", port.Backend())
	}
}

// pattern is bytes that are out of place if any are missing before them.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

// readSlowly reads to the end of the stream, so many bytes at a time and with
// pauses.
func readSlowly(c net.Conn, size int, pause time.Duration) ([]byte, error) {
	var all []byte
	for buf := make([]byte, size); ; time.Sleep(pause) {
		n, err := io.ReadFull(c, buf)
		all = append(all, buf[:n]...)
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return all, nil
		default:
			return all, err
		}
	}
}
