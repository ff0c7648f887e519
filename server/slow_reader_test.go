package server_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

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
		got, err := readSlowly(peer, 64<<10, 15*time.Millisecond)
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
		s := server.Share(sent)
		if err := c.TrySendShared(s); err != nil {
			t.Fatal(err)
		}
		s.Release()
		c.Close()
		got, err := readSlowly(peer, 64<<10, 15*time.Millisecond)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
		}
		if err := next(t, reasons); !errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("OnClose(%v), want net.ErrClosed", err)
		}
	})
}

// What the system holds isn't given up either, as a close would when the peer
// sends into it: the peer would be reset.
func TestSlowReaderThatSendsGetsEverythingAfterClose(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, cfg server.Config) {
		t.Parallel()
		const size = 1 << 20 // which systems hold without being asked
		cfg.CloseTimeout, cfg.SendQueueMax = 500*time.Millisecond, size
		_, c, peer := connect(t, cfg, calls{})
		sent := pattern(size)
		if err := c.TrySend(sent); err != nil {
			t.Fatal(err)
		}
		c.Close()
		go func() {
			for {
				if _, err := peer.Write([]byte("more")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		got, err := readSlowly(peer, 8<<10, 10*time.Millisecond)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(sent), err)
		}
	})
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
