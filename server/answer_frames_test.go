package server_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"iocp/server"
)

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
