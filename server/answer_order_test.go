package server_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"iocp/server"
)

// tape is what the messages of the next test are cut from, one after the other:
// random bytes that repeat from tapePeriod on.
var tape = sync.OnceValue(func() []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	once := make([]byte, tapePeriod)
	for i := range once {
		once[i] = byte(rnd.Uint32())
	}
	return bytes.Repeat(once, 1+(blockade+1<<20)/tapePeriod)
})

const tapePeriod = 1<<20 - 3

// piece is so many bytes of the tape.
func piece(from, size int) []byte { return tape()[from%tapePeriod:][:size] }

// reply is what an OnData sends: the sizes of its messages, those that are
// shared being negative.
type reply []int

func (r reply) size() (n int) {
	for _, size := range r {
		n += max(size, -size)
	}
	return n
}

// send sends it and reports where on the tape it ends.
func (r reply) send(t *testing.T, c *server.Conn, from int) int {
	for _, size := range r {
		err := error(nil)
		if size >= 0 {
			err = c.TrySend(piece(from, size))
		} else {
			s := server.Share(piece(from, -size))
			err = c.TrySendShared(s)
			s.Release()
		}
		if err != nil {
			t.Errorf("TrySend = %v", err)
		}
		from += max(size, -size)
	}
	return from
}

var mixture = reply{10, 5_000, -20, 100_000, 0, 30, -70_000, 7, -5_000, 150_000, -10}

// However much of them the system takes at once, messages arrive in order.
func TestAnswersKeepTheirOrder(t *testing.T) {
	for _, m := range []struct {
		name   string
		reply  reply
		rounds int
		ahead  int // requests that go out before the first reply is read
	}{
		{"small", slices.Repeat(reply{10}, 16), 300, 1},
		{"small, many requests", slices.Repeat(reply{10}, 16), 1000, 50},
		{"mixed", mixture, 50, 1},
		{"slow peer", mixture, 120, blockade/mixture.size() + 1},
		{"more than the system takes", reply{blockade / 2, 10, -10}, 2, 1},
		{"shared, and more than the system takes", reply{-blockade / 2, 10, -10}, 2, 1},
	} {
		t.Run(m.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				cfg.SendQueueMax = 3 * blockade
				sent, full := 0, make(chan struct{}, 1)
				srv, _, peer := connect(t, cfg, calls{data: func(c *server.Conn, data []byte) {
					for range data {
						sent = m.reply.send(t, c, sent)
					}
					if c.Queued() > 0 {
						select {
						case full <- struct{}{}:
						default:
						}
					}
				}})
				write(t, peer, string(make([]byte, m.ahead)))
				if m.ahead*m.reply.size() >= blockade {
					next(t, full)
				}
				got := make([]byte, m.reply.size())
				for round := range m.rounds {
					if n, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, piece(round*len(got), len(got))) {
						t.Fatalf("round %d: read %d bytes, %v; not those that were sent", round, n, err)
					}
					if round+m.ahead < m.rounds {
						write(t, peer, "x")
					}
				}
				expectBytesOut(t, srv, m.rounds*len(got))
			})
		})
	}
}
