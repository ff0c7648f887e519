package sim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"iocp/internal/driver"
)

// An operation that a network refuses has no completion, harms no other, and
// loses nothing.
func TestRefusedOperations(t *testing.T) {
	for _, c := range []struct {
		fault string
		start func(*rig) (*driver.Op, error)
	}{
		{"no-recv", func(r *rig) (*driver.Op, error) {
			_, s := r.pair()
			op := transfer(driver.KindRecv, make([]byte, 1))
			return op, s.Recv(op)
		}},
		{"no-recv", func(r *rig) (*driver.Op, error) {
			_, s := r.pair()
			op := &driver.Op{Kind: driver.KindRecvPooled}
			return op, s.RecvPooled(op)
		}},
		{"no-send", func(r *rig) (*driver.Op, error) {
			s, _ := r.pair()
			op := transfer(driver.KindSend, []byte("x"))
			return op, s.Send(op)
		}},
		{"no-accept", func(r *rig) (*driver.Op, error) {
			l := r.listen()
			op := &driver.Op{Kind: driver.KindAcceptMany}
			return op, l.Accept(op)
		}},
		{"no-connect", func(r *rig) (*driver.Op, error) {
			l := r.listen()
			s, err := r.port.NewStream(false)
			r.must(err)
			r.must(s.Attach(r.port))
			op := &driver.Op{Kind: driver.KindConnect}
			return op, s.Connect(op, l.LocalAddr())
		}},
		{"no-recvfrom", func(r *rig) (*driver.Op, error) {
			d, _ := r.udp()
			op := transfer(driver.KindRecvFrom, make([]byte, 1))
			return op, d.RecvFrom(op)
		}},
		{"no-sendto", func(r *rig) (*driver.Op, error) {
			d, at := r.udp()
			op := transfer(driver.KindSendTo, []byte("x"))
			op.SetName(at)
			return op, d.SendTo(op)
		}},
	} {
		r := newRig(t, "1:"+c.fault+"/refused")
		op, err := c.start(r)
		if !errors.Is(err, driver.ErrNotSupported) || !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: %v", c.fault, err)
		}
		if over := r.settle(); len(over) > 0 || r.port.InFlight() > 0 || op.Err != nil {
			t.Errorf("%s: a refused operation has had %d completions, or is under way", c.fault, len(over))
		}
		if !strings.Contains(r.port.Note(), c.fault) {
			t.Errorf("the note %q doesn't say %s", r.port.Note(), c.fault)
		}
	}
}

// A part that is missing is refused as a whole.
func TestMissingParts(t *testing.T) {
	r := newRig(t, "1:no-udp:no-unix/missing")
	_, udp := r.port.(driver.DatagramPort).NewDatagram(r.listen().LocalAddr())
	unix := r.port.(driver.UnixPort)
	_, stream := unix.NewUnixStream()
	_, listener := unix.ListenUnix(&driver.UnixFile{Name: "@path"}, driver.ListenOptions{})
	_, bound := unix.NewUnixDatagram(&driver.UnixFile{Name: "@path"})
	_, unbound := unix.NewUnixDatagram(&driver.UnixFile{Name: ""})
	for _, err := range []error{udp, stream, listener, bound, unbound} {
		if !errors.Is(err, driver.ErrNotSupported) {
			t.Errorf("a missing part: %v", err)
		}
	}
	r.pair() // the rest is there
}

// When a queue is full more is refused, and accepted again once there is room.
func TestFullQueues(t *testing.T) {
	r := newRig(t, "1:full/queues")
	a, b := r.pair()
	const data = "abcdefghij"
	r.must(a.Send(transfer(driver.KindSend, []byte(data))))
	if op := r.next(); op.N != len(data) || op.Err != nil {
		t.Fatalf("the send ended with %d bytes and %v", op.N, op.Err)
	}
	var pending []*driver.Op
	var got []byte
	for refused := 0; len(got) < len(data); {
		op := transfer(driver.KindRecv, make([]byte, 1))
		err := b.Recv(op)
		if err == nil {
			pending = append(pending, op)
			continue
		}
		refused++
		if !errors.Is(err, driver.ErrLimit) || refused > 2*len(data) {
			t.Fatalf("refusal %d: %v", refused, err)
		}
		if op := r.next(); op != pending[0] || op.Err != nil || op.N != 1 {
			t.Fatalf("a receive ended out of order, or with %d bytes and %v", op.N, op.Err)
		}
		got, pending = append(got, pending[0].Bufs()[0][0]), pending[1:]
	}
	if string(got) != data {
		t.Errorf("received %q, want %q", got, data)
	}
}

// A network that fails gives back what is under way when its port is shut.
func TestFailingGivesBack(t *testing.T) {
	for seed := range 50 {
		failing := newRig(t, fmt.Sprint(seed, ":failing/gives"))
		d, at := failing.udp()
		began := 0
		var err error
		for ; err == nil; err = failing.port.Poll(0) {
			failing.recvFrom(d)
			failing.sendTo(d, at, []byte("hello"))
			began += 2
		}
		if !errors.Is(err, driver.ErrUnclassified) {
			t.Fatalf("seed %d: the network failed with %v", seed, err)
		}
		failing.port.Shut()
		if over := len(failing.done.ops); over != began || failing.port.InFlight() != 0 {
			t.Errorf("seed %d: %d of %d operations are over, %d under way", seed, over, began, failing.port.InFlight())
		}
	}
}
