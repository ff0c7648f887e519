package server_test

import (
	"bytes"
	"io"
	"testing"

	"iocp/server"
)

// mustPanic runs f, which has to.
func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

// Messages too large for the pools aren't used again, so that the reference
// which is one too many is certain to be noticed: if a queue kept one, or gave
// up one too many, this fails.
func TestFanOutReleasesEachReferenceOnce(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const members = 20
		cfg.SendQueueMax = 1 << 20
		conns, ends := make(chan *server.Conn, members), make(chan error, members)
		_, addr := serve(t, calls{
			open:  func(c *server.Conn) { conns <- c },
			close: func(_ *server.Conn, err error) { ends <- err },
		}, cfg)
		s := server.Share(bytes.Repeat([]byte("fan-out "), 12_500))
		for i := range members {
			peer := dial(t, addr)
			c := next(t, conns)
			for range 3 {
				if err := c.TrySendShared(s); err != nil {
					t.Error(err)
				}
			}
			if i%4 == 0 {
				c.Abort() // drops what is queued
				continue
			}
			c.Close()
			go func() {
				got, err := io.ReadAll(peer)
				if err != nil || !bytes.Equal(got, bytes.Repeat(s.Bytes(), 3)) {
					t.Errorf("a member got %d bytes, %v", len(got), err)
				}
				peer.Close()
			}()
		}
		for range members {
			next(t, ends)
		}
		s.Release()
		mustPanic(t, s.Release)
	})
}

func TestShareCopies(t *testing.T) {
	data := []byte("as it was")
	s := server.Share(data)
	copy(data, "something")
	if string(s.Bytes()) != "as it was" {
		t.Errorf("Bytes = %q", s.Bytes())
	}
	s.Retain()
	s.Release()
	if string(s.Bytes()) != "as it was" {
		t.Errorf("Bytes = %q after Retain and Release", s.Bytes())
	}
	s.Release()
}
