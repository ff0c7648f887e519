package server_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"iocp"
	"iocp/server"
)

// atOnce reports whether a backend can send without an operation.
func atOnce(backend string) bool { return backend == "uring" || backend == "epoll" }

// An answer takes no operation, and is counted all the same, whichever worker it
// comes from.
func TestAnswersNeedNoOperation(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const conns, size = 16, 20_000
		cfg.Workers = 4
		h, ends := echo(t), make(chan error, conns)
		h.close = func(_ *server.Conn, err error) { ends <- err }
		srv, addr := serve(t, h, cfg)
		var clients sync.WaitGroup
		for i := range conns {
			c := dial(t, addr)
			clients.Go(func() { roundTrip(t, c, uint64(i), size) })
		}
		for range conns {
			if err := next(t, ends); err != nil {
				t.Errorf("OnClose(%v), want nil", err)
			}
		}
		clients.Wait()
		st := srv.Stats()
		if st.BytesIn != conns*size || st.BytesOut != st.BytesIn {
			t.Errorf("%d bytes in, %d out; want %d", st.BytesIn, st.BytesOut, conns*size)
		}
		operations := st.Receives + st.Sends
		if atOnce(cfg.PortConfig.Backend) {
			operations = st.Receives
			if answers := st.Receives - conns; st.Sends != answers {
				t.Errorf("%d sends for %d answers", st.Sends, answers)
			}
		}
		if st.Port.Completed != conns+operations {
			t.Errorf("%d packets for %d accepts and %d operations", st.Port.Completed, conns, operations)
		}
	})
}

// While a packet waits to be handled, what goes at once is an answer and what is
// large; without one, everything.
func TestWhatWaitsForOthersIsSmallAndNoAnswer(t *testing.T) {
	const small, large = 10, 10_000
	overBackends(t, func(t *testing.T, cfg server.Config) {
		if backend := cfg.PortConfig.Backend; !atOnce(backend) {
			t.Skipf("capability: %s has no sends without an operation", backend)
		}
		cfg.Workers = 1
		conns, handled := make(chan *server.Conn, 3), make(chan [4]int)
		srv, addr := serve(t, calls{
			open: func(c *server.Conn) { conns <- c },
			data: func(c *server.Conn, data []byte) {
				var queued [4]int
				if string(data) == "busy" {
					c.Server().Port().Post(nil, 0, "a packet that this worker has to drop")
				}
				if to, ok := c.Data().([4]*server.Conn); ok {
					for i, size := range []int{small, small, large, small} {
						to[i].TrySend(make([]byte, size))
						queued[i] = to[i].Queued()
					}
				}
				handled <- queued
			},
		}, cfg)
		asker, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
		c := next(t, conns)
		c.SetData([4]*server.Conn{c, c, next(t, conns), next(t, conns)})
		for request, want := range map[string][4]int{"busy": {0, small, 0, small}, "calm": {}} {
			for range 50 {
				write(t, third, "not answered")
				next(t, handled)
				write(t, asker, request)
				if got := next(t, handled); got != want {
					t.Errorf("%s: %v bytes are queued, want %v", request, got, want)
				}
				expect(t, asker, string(make([]byte, 2*small)))
				expect(t, second, string(make([]byte, large)))
				expect(t, third, string(make([]byte, small)))
				awaitNothingQueued(t, srv)
			}
		}
	})
}

// awaitNothingQueued returns when all sends are over.
func awaitNothingQueued(t *testing.T, srv *server.Server) {
	t.Helper()
	for limit := time.Now().Add(bound); srv.Stats().Queued > 0; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal("something stays queued")
		}
	}
}

// expectBytesOut compares what is counted with what the peers have read. That
// nothing is queued is said under the locks that sending holds, so all is counted.
func expectBytesOut(t *testing.T, srv *server.Server, want int) {
	t.Helper()
	awaitNothingQueued(t, srv)
	if got := srv.Stats().BytesOut; got != uint64(want) {
		t.Errorf("BytesOut = %d, want %d", got, want)
	}
}

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

// frame is a message that tells who sent it, and how many he had sent before.
func frame(from, seq, size int) []byte {
	b := binary.BigEndian.AppendUint32([]byte{byte(from)}, uint32(seq))
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	return append(b, bytes.Repeat([]byte{byte(from)}, size)...)
}

// frames reads so many from each sender, whole and in the sender's order. After
// each it calls seen.
func frames(peer io.Reader, senders, each int, seen func(from, seq int) error) error {
	r, heard := bufio.NewReader(peer), make([]int, senders)
	for range senders * each {
		var header struct {
			From      uint8
			Seq, Size uint32
		}
		if err := binary.Read(r, binary.BigEndian, &header); err != nil {
			return fmt.Errorf("after %v frames: %w", heard, err)
		}
		from, seq := int(header.From), int(header.Seq)
		if from >= senders || seq != heard[from] {
			return fmt.Errorf("after %v frames: %+v", heard, header)
		}
		body := make([]byte, header.Size)
		if _, err := io.ReadFull(r, body); err != nil || bytes.Count(body, []byte{header.From}) != len(body) {
			return fmt.Errorf("after %v frames: %+v is torn, %v", heard, header, err)
		}
		heard[from]++
		if err := seen(from, seq); err != nil {
			return err
		}
	}
	return nil
}

// What other goroutines send while OnData answers goes between its messages.
func TestAnswersMixWithOthersAtTheirBorders(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const senders, each = 5, 300
		sizeOf := func(seq int) int { return []int{20, 5_000, 50, 300, 30_000}[seq%5] }
		cfg.SendQueueMax = blockade // room for all
		answers, ends := 0, make(chan error, senders)
		_, c, peer := connect(t, cfg, calls{data: func(c *server.Conn, data []byte) {
			for range data {
				if err := c.TrySend(frame(0, answers, sizeOf(answers))); err != nil {
					t.Errorf("TrySend = %v", err)
				}
				answers++
			}
		}})
		for from := 1; from < senders; from++ {
			go func() {
				for seq := range each {
					s := server.Share(frame(from, seq, sizeOf(seq+from)))
					if err := c.SendShared(t.Context(), s); err != nil {
						t.Errorf("SendShared = %v", err)
					}
					s.Release()
				}
				ends <- nil
			}()
		}
		go func() {
			_, err := peer.Write(make([]byte, each/2))
			ends <- err
		}()
		if err := frames(peer, senders, each, func(from, seq int) error {
			if from > 0 || seq >= each-each/2 {
				return nil
			}
			_, err := peer.Write([]byte{0})
			return err
		}); err != nil {
			t.Error(err)
		}
		for range senders {
			if err := next(t, ends); err != nil {
				t.Error(err)
			}
		}
	})
}

// Everybody gets what each talker says, once and in order: whether only that is
// going on, or much else waits to be handled.
func TestFanOutReachesEachOnceInOrder(t *testing.T) {
	const members = 200
	for _, m := range []struct {
		name          string
		talkers, each int
	}{{"one talks", 1, 20}, {"many talk", 32, 5}} {
		t.Run(m.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, cfg server.Config) {
				srv, addr := serve(t, &room{}, cfg)
				peers := make([]*net.TCPConn, members)
				for i := range peers {
					peers[i] = dial(t, addr)
					expect(t, peers[i], "+")
				}
				var listening sync.WaitGroup
				for i, peer := range peers {
					say := func(from, seq int) error {
						if from != i || seq+1 == m.each {
							return nil
						}
						_, err := peer.Write(frame(i, seq+1, 40))
						return err
					}
					listening.Go(func() {
						if err := frames(peer, m.talkers, m.each, say); err != nil {
							t.Errorf("member %d: %v", i, err)
						}
					})
				}
				for i, peer := range peers[:m.talkers] {
					write(t, peer, string(frame(i, 0, 40)))
				}
				listening.Wait()
				expectBytesOut(t, srv, members*(len("+")+m.talkers*m.each*len(frame(0, 0, 40))))
			})
		})
	}
}

// Connections end after an answer, and during one, as they do without.
func TestOnCloseAfterAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		cfg.CloseTimeout = bound
		cfg.SendQueueMax = 2 * blockade
		for _, size := range []int{1, 5_000, blockade} {
			answer := func(c *server.Conn) {
				if err := c.TrySend(piece(0, size)); err != nil {
					t.Errorf("TrySend = %v", err)
				}
			}
			gone := make(chan struct{})
			for _, e := range []ending{
				{name: "Close", data: func(c *server.Conn) { answer(c); c.Close() }, want: net.ErrClosed, client: func(p *net.TCPConn) {
					if got, err := io.ReadAll(p); err != nil || !bytes.Equal(got, piece(0, size)) {
						t.Errorf("read %d bytes, %v; want %d", len(got), err, size)
					}
					p.Close()
				}},
				{name: "panic", data: func(c *server.Conn) { answer(c); panic(errHandler) }, want: errHandler, panics: true},
				{name: "Abort", data: func(c *server.Conn) { answer(c); c.Abort() }, want: net.ErrClosed},
				{name: "reset", data: func(c *server.Conn) { <-gone; c.TrySend(piece(0, size)); c.TrySend([]byte("more")) }, want: iocp.ErrReset,
					client: func(p *net.TCPConn) { p.SetLinger(0); p.Close(); close(gone) }},
				{name: "reset behind an answer", data: answer, want: iocp.ErrReset,
					client: func(p *net.TCPConn) { p.SetLinger(0); p.Close() }},
			} {
				t.Run(fmt.Sprintf("%s, %d bytes", e.name, size), func(t *testing.T) { e.check(t, cfg) })
			}
		}
	})
}

// A peer that resets the connection in the middle of a conversation is told of
// once, as that.
func TestResetAmongAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const conns = 50
		ends := make(chan error, 2*conns)
		t.Cleanup(func() { // when the server has ended
			if len(ends) > 0 {
				t.Errorf("%d more calls of OnClose than connections", len(ends))
			}
		})
		h := echo(t)
		h.close = func(_ *server.Conn, err error) { ends <- err }
		_, addr := serve(t, h, cfg)
		for i := range conns {
			peer := dial(t, addr)
			go flood(peer)
			go func() {
				io.CopyN(io.Discard, peer, int64(i*1000))
				peer.SetLinger(0)
				peer.Close()
			}()
		}
		for range conns {
			if err := next(t, ends); !errors.Is(err, iocp.ErrReset) {
				t.Errorf("OnClose(%v), want ErrReset", err)
			}
		}
	})
}

// Pause holds back what is received, not the answer.
func TestPausedConnectionAnswers(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		_, c, peer := connect(t, cfg, calls{data: func(c *server.Conn, data []byte) {
			c.Pause()
			c.TrySend(data[:1])
			c.TrySend(data[1:])
		}})
		for range 50 {
			write(t, peer, "first")
			expect(t, peer, "first")
			write(t, peer, "second")
			peer.SetReadDeadline(time.Now().Add(time.Millisecond))
			if n, _ := peer.Read(make([]byte, 1)); n != 0 {
				t.Fatal("there was an answer, paused")
			}
			peer.SetReadDeadline(time.Now().Add(bound))
			c.Resume()
			expect(t, peer, "second")
			c.Resume()
		}
	})
}
