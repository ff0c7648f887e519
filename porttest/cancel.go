package porttest

import (
	"errors"
	"slices"

	"iocp"
)

// Cancelling: C100 to C105.

// cancelOne cancels the first and the last of three receives, which leaves
// the one between.
func cancelOne(t *trial) {
	s, peer := t.pair("socket")
	var ops [3]iocp.Op
	buf := make([]byte, 8)
	t.recv(s, &ops[0], make([]byte, 8))
	t.recv(s, &ops[1], buf)
	t.recv(s, &ops[2], make([]byte, 8))
	for _, i := range []int{2, 0} {
		t.must(s.Cancel(&ops[i]))
		t.expect(packet{op: &ops[i], key: "socket", err: iocp.ErrAborted})
	}
	t.quiet()
	peer.write([]byte("abc"))
	c := t.expect(packet{op: &ops[1], key: "socket", n: 3})
	t.must(compare(buf[:c.N], []byte("abc")))
}

// cancelSparesOthers cancels each of several operations in turn. Those that
// nobody cancelled are never aborted, and go on in their order.
func cancelSparesOthers(t *trial) {
	const n = 4
	for i := range n {
		s, peer := t.pair("socket")
		l := t.listener("listener")
		var recvs, accepts [n]iocp.Op
		var bufs [n][1]byte
		for j := range n {
			t.recv(s, &recvs[j], bufs[j][:])
			t.accept(l, &accepts[j])
		}
		t.must(s.Cancel(&recvs[i]))
		t.expect(packet{op: &recvs[i], key: "socket", err: iocp.ErrAborted})
		t.must(l.Cancel(&accepts[i]))
		t.expect(packet{op: &accepts[i], key: "listener", err: iocp.ErrAborted})
		t.quiet()
		for j := range n {
			if j == i {
				continue
			}
			peer.write([]byte{byte(j)})
			t.expect(packet{op: &recvs[j], key: "socket", n: 1})
			t.must(compare(bufs[j][:], []byte{byte(j)}))
			client := t.dial(l.Addr())
			t.isFrom(t.expect(packet{op: &accepts[j], key: "listener"}), client)
		}
	}
}

// cancelOneRacesData cancels one of several receives while data comes for all
// of them. It has its share or is aborted; the others have theirs, in order.
func cancelOneRacesData(t *trial) {
	want := []byte("abcd")
	s, peer := t.pair("socket")
	ops := make([]iocp.Op, len(want))
	bufs := make([]byte, len(want))
	for i := range t.volume(200, 40) {
		victim := &ops[i%len(ops)]
		for j := range ops {
			t.recv(s, &ops[j], bufs[j:j+1])
		}
		writing := background(t, "the peer sending", func() (int, error) { return peer.Write(want) })
		if err := s.Cancel(victim); err != nil {
			t.refused(err, iocp.ErrNotFound)
		}
		var aborted *iocp.Op
		for range ops {
			if c := t.next(); c.Err != nil {
				t.check(c, packet{op: victim, key: "socket", err: iocp.ErrAborted})
				aborted = victim
			} else {
				t.check(c, packet{op: c.Op, key: "socket", n: 1})
			}
		}
		writing.must()
		got := bufs
		if aborted != nil {
			j := i % len(ops)
			got = slices.Concat(bufs[:j], bufs[j+1:], make([]byte, 1))
			t.recv(s, aborted, got[len(got)-1:])
			t.expect(packet{op: aborted, key: "socket", n: 1})
		}
		t.must(compare(got, want))
	}
}

// cancelAll has operations of every kind pending on three handles and cancels
// those of one after the other, from another goroutine than started them.
func cancelAll(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	other, otherPeer := t.pair("other")
	var recvs, accepts [3]iocp.Op
	var send, pooled, bystander iocp.Op
	t.recv(other, &bystander, make([]byte, 8))
	for i := range recvs {
		t.recv(s, &recvs[i], make([]byte, 8))
		t.accept(l, &accepts[i])
	}
	t.recvPooled(s, &pooled)
	t.sendStuck(s, peer, &send)
	for _, h := range []struct {
		key    string
		cancel func() error
		count  int
	}{{"socket", s.CancelAll, 5}, {"listener", l.CancelAll, 3}} {
		background(t, "cancelling", func() (struct{}, error) { return struct{}{}, h.cancel() }).must()
		for range h.count {
			c := t.next()
			if c.Key != h.key || !errors.Is(c.Err, iocp.ErrAborted) {
				t.Errorf("got completion %+v, want one of the %s's with %v", c, h.key, iocp.ErrAborted)
			}
		}
		t.refused(h.cancel(), iocp.ErrNotFound)
	}
	t.quiet()
	otherPeer.write([]byte("abc"))
	t.expect(packet{op: &bystander, key: "other", n: 3})
}

func cancelNotFound(t *trial) {
	s, peer := t.pair("socket")
	other, _ := t.pair("other")
	l := t.listener("listener")
	var never, op iocp.Op
	t.refused(s.Cancel(nil), iocp.ErrNotFound)
	t.refused(s.Cancel(&never), iocp.ErrNotFound)
	t.refused(l.Cancel(&never), iocp.ErrNotFound)
	t.refused(s.CancelAll(), iocp.ErrNotFound)
	t.recv(s, &op, make([]byte, 8))
	t.refused(other.Cancel(&op), iocp.ErrNotFound)
	t.refused(l.Cancel(&op), iocp.ErrNotFound)
	peer.write([]byte("abc"))
	t.expect(packet{op: &op, key: "socket", n: 3})
	t.refused(s.Cancel(&op), iocp.ErrNotFound)
	t.post(&op, 0, "post")
	t.refused(s.Cancel(&op), iocp.ErrNotFound)
	t.expect(packet{op: &op, key: "post"})
	t.must(s.Close())
	t.refused(s.Cancel(&op), iocp.ErrNotFound)
	t.quiet()
}

// cancelRacesData cancels receives while their data comes. Either the receive
// has the byte, or it is aborted and the next one has it.
func cancelRacesData(t *trial) {
	s, peer := t.pair("socket")
	var op iocp.Op
	buf := make([]byte, 1)
	for i := range 300 {
		want := byte(i)
		t.recv(s, &op, buf)
		writing := background(t, "the peer sending", func() (int, error) { return peer.Write([]byte{want}) })
		if err := s.Cancel(&op); err != nil {
			t.refused(err, iocp.ErrNotFound)
		}
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: &op, key: "socket", err: iocp.ErrAborted})
			t.recv(s, &op, buf)
			c = t.next()
		}
		t.check(c, packet{op: &op, key: "socket", n: 1})
		t.must(compare(buf, []byte{want}))
		writing.must()
	}
}

// cancelRacesAccept cancels accepts while a connection comes. Either the
// accept brings it, or the next one does.
func cancelRacesAccept(t *trial) {
	l := t.listener("listener")
	var op iocp.Op
	for range 100 {
		t.accept(l, &op)
		cancelling := background(t, "cancelling", func() (struct{}, error) {
			if err := l.Cancel(&op); !errors.Is(err, iocp.ErrNotFound) {
				return struct{}{}, err
			}
			return struct{}{}, nil
		})
		peer := t.dial(l.Addr())
		cancelling.must()
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: &op, key: "listener", err: iocp.ErrAborted})
			t.accept(l, &op)
			c = t.next()
		}
		t.check(c, packet{op: &op, key: "listener"})
		t.isFrom(c, peer)
		t.must(c.Socket.Close())
		t.must(peer.Close())
	}
}

// usableAfterCancel goes on with handles whose operations were cancelled.
func usableAfterCancel(t *trial) {
	s, peer := t.pair("socket")
	l := t.listener("listener")
	var op iocp.Op
	for range 20 {
		t.recv(s, &op, make([]byte, 8))
		t.must(s.Cancel(&op))
		t.expect(packet{op: &op, key: "socket", err: iocp.ErrAborted})
		t.recv(s, &op, make([]byte, 8))
		peer.write([]byte("abc"))
		t.expect(packet{op: &op, key: "socket", n: 3})
		t.send(s, &op, []byte("def"))
		t.expect(packet{op: &op, key: "socket", n: 3})
		peer.reads([]byte("def"))

		t.accept(l, &op)
		t.must(l.Cancel(&op))
		t.expect(packet{op: &op, key: "listener", err: iocp.ErrAborted})
		t.accept(l, &op)
		client := t.dial(l.Addr())
		t.isFrom(t.expect(packet{op: &op, key: "listener"}), client)
	}
}
