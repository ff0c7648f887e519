package winport_test

import (
	"errors"
	"testing"

	"iocp/internal/driver"
	"iocp/internal/driver/winport"
)

// TestShortage has the kernel be short of memory for every kind of operation. One
// that is refused has no packet, one that was accepted has one, and the socket
// works as before when there is memory again.
func TestShortage(t *testing.T) {
	how := winport.Shortage(t)
	b := newBench(t)
	l := b.listener()
	s, peer := b.pair()
	fresh := b.stream()
	d, err := b.port.(driver.DatagramPort).NewDatagram(loopback)
	b.ok(err)
	b.attach(d)
	peer.Write([]byte("abc"))
	for _, c := range []struct {
		name  string
		op    *driver.Op
		start func(*driver.Op) error
		late  bool // never refused
		again bool // is over at once when there is memory
	}{
		{"Recv", recvOp(make([]byte, 3)), s.Recv, false, true},
		{"RecvPooled", &driver.Op{Kind: driver.KindRecvPooled}, s.RecvPooled, false, false},
		{"Send", sendOp([]byte("abc")), s.Send, false, true},
		{"Accept", &driver.Op{Kind: driver.KindAccept}, l.Accept, false, false},
		{"Connect", &driver.Op{Kind: driver.KindConnect}, func(op *driver.Op) error { return fresh.Connect(op, l.LocalAddr()) }, false, true},
		{"RecvFrom", datagramOp(), d.RecvFrom, true, false},
	} {
		how.Store(winport.InTheCall)
		if err := c.start(c.op); c.late {
			b.ok(err)
			b.isShort(c.name, b.expect(c.op).Err)
		} else {
			b.isShort(c.name, err)
		}
		b.quiet()
		how.Store(winport.InAPacket)
		c.op.ResetResult()
		b.ok(c.start(c.op))
		b.isShort(c.name, b.expect(c.op).Err)
		how.Store(winport.Ample)
		if c.op.ResetResult(); c.again {
			b.ok(c.start(c.op))
			b.ok(b.expect(c.op).Err)
		}
	}
}

// TestShortageOfSendNow: the system has no room for the bytes just now, which is no
// fault of the connection.
func TestShortageOfSendNow(t *testing.T) {
	how := winport.Shortage(t)
	b := newBench(t)
	s, _ := b.pair()
	now := s.(driver.NowSender)
	how.Store(winport.InTheCall)
	if n, err := now.SendNow([]byte("abc")); n != 0 || err != driver.ErrWouldBlock {
		t.Errorf("sent %d bytes, %v", n, err)
	}
	how.Store(winport.Ample)
	if n, err := now.SendNow([]byte("abc")); n != 3 || err != nil {
		t.Errorf("with memory again: sent %d bytes, %v", n, err)
	}
}

func datagramOp() *driver.Op {
	op := &driver.Op{Kind: driver.KindRecvFrom}
	op.SetOneBuf(make([]byte, 3))
	return op
}

func (b *bench) isShort(name string, err error) {
	b.t.Helper()
	if !errors.Is(err, driver.ErrLimit) {
		b.t.Errorf("%s without memory: %v", name, err)
	}
}

// TestStandingAcceptFailsLate has all its requests come back with errors. It tells
// once, and is over it when one brings a connection.
func TestStandingAcceptFailsLate(t *testing.T) {
	how := winport.Shortage(t)
	b := newBench(t)
	how.Store(winport.InAPacket)
	l, op := b.standing()
	b.lacks()
	for b.accepts.Failed.Load() < 40 {
		b.poll()
		if b.take() != nil {
			t.Fatal("told twice")
		}
	}
	how.Store(winport.Ample)
	b.dial(l)
	b.brings()
	if b.accepts.Held.Load() != 0 {
		t.Error("still held up")
	}
	if !l.Cancel(op) || !errors.Is(b.expect(op).Err, driver.ErrAborted) {
		t.Errorf("cancelled: %v", op.Err)
	}
}
