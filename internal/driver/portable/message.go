package portable

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"iocp/internal/driver"
)

// largest is room for the largest datagram that UDP has.
const largest = 1 << 16

// nobody reports whether a call was told that an earlier datagram met nobody
// (C85). It did nothing else, and is to be made again.
func (d *datagram) nobody(err error) bool {
	_, udp := d.conn.(*net.UDPConn)
	return udp && errors.Is(err, syscall.ECONNREFUSED)
}

// receiver is a datagram socket's receiving lane.
type receiver struct {
	lane
	d    *datagram
	room []byte   // where datagrams arrive; the goroutine's
	told [64]byte // and what is told besides
}

func (r *receiver) verdict(op *driver.Op) error { return r.d.verdict(op) }

// transfer receives a datagram where it certainly fits: what becomes of one that
// doesn't, and of its sender's name, differs between systems.
func (r *receiver) transfer(op *driver.Op) (int, error) {
	need := largest
	if _, udp := r.d.conn.(*net.UDPConn); !udp {
		need = max(need, op.Len()+1)
	}
	if len(r.room) < need {
		r.room = make([]byte, need)
	}
	n, err := r.receive(op)
	for r.d.nobody(err) {
		n, err = r.receive(op)
	}
	if err != nil {
		return 0, err
	}
	got := r.room[:n]
	for _, b := range op.Bufs() {
		got = got[copy(b, got):]
	}
	if len(got) > 0 {
		return n - len(got), driver.ErrMessageSize
	}
	return n, nil
}

func (r *receiver) receive(op *driver.Op) (n int, err error) {
	switch conn := r.d.conn.(type) {
	case *net.UDPConn:
		var from netip.AddrPort
		var told int
		if !r.d.all {
			n, from, err = conn.ReadFromUDPAddrPort(r.room)
		} else {
			n, told, _, from, err = conn.ReadMsgUDPAddrPort(r.room, r.told[:])
		}
		op.Name().Addr, op.Name().Here = unmapped(from), cameTo(r.told[:told])
	case *net.UnixConn:
		var from *net.UnixAddr
		n, from, err = conn.ReadFromUnix(r.room)
		op.Name().Path = pathOf(from)
	}
	return n, err
}

func (r *receiver) settle(op *driver.Op, _ int, err error) error { return r.d.settle(op, err) }

func (r *receiver) setDeadline(t time.Time) error { return r.d.conn.SetReadDeadline(t) }

func (r *receiver) rest() bool { return r.d.rest() }

// sender is a datagram socket's sending lane.
type sender struct {
	lane
	d *datagram
}

func (s *sender) verdict(op *driver.Op) error { return s.d.verdict(op) }

func (s *sender) transfer(op *driver.Op) (int, error) {
	if op.Len() == driver.TransferMax {
		return 0, driver.ErrMessageSize // nobody's datagram is so large: don't copy it
	}
	msg := joined(op.Bufs())
	n, err := s.one(op, msg)
	for s.d.nobody(err) {
		n, err = s.one(op, msg)
	}
	return n, err
}

func (s *sender) one(op *driver.Op, msg []byte) (int, error) {
	switch conn := s.d.conn.(type) {
	case *net.UDPConn:
		if here := op.Name().Here; here.IsValid() {
			n, _, err := conn.WriteMsgUDPAddrPort(msg, sentFrom(here, s.d.LocalAddr().Addr().Is6()), op.Name().Addr)
			return n, err
		}
		if op.Name().Addr.IsValid() {
			return conn.WriteToUDPAddrPort(msg, op.Name().Addr)
		}
	case *net.UnixConn:
		if op.Name().Path != "" {
			return s.toPath(op, msg)
		}
	}
	n, err := s.d.conn.Write(msg)
	for deserted(err) {
		if err = s.d.rejoin(err); err == nil {
			n, err = s.d.conn.Write(msg)
		} else {
			return 0, err
		}
	}
	return n, err
}

// deserted reports whether a send has met no peer: one that has just gone, or
// was gone already.
func deserted(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTCONN)
}

// toPath sends to a Unix socket. While its queue is full it tries again and
// again, as no event tells when there is room.
func (s *sender) toPath(op *driver.Op, msg []byte) (int, error) {
	for {
		n, err := sendToPath(s.d.raw, op.Name().Path, msg)
		if !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		select {
		case <-s.note:
		case <-time.After(retryPause):
		}
		s.h.mu.Lock()
		err = s.d.verdict(op)
		s.h.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
}

// zone is the number of an address's zone, or 0.
func zone(a netip.Addr) uint32 {
	n, _ := strconv.ParseUint(a.Zone(), 10, 32)
	return uint32(n)
}

// joined is bufs in one piece.
func joined(bufs [][]byte) []byte {
	if len(bufs) == 1 {
		return bufs[0]
	}
	var all []byte
	for _, b := range bufs {
		all = append(all, b...)
	}
	return all
}

func (s *sender) settle(op *driver.Op, _ int, err error) error { return s.d.settle(op, err) }

func (s *sender) setDeadline(t time.Time) error { return s.d.conn.SetWriteDeadline(t) }

func (s *sender) rest() bool { return s.d.rest() }
