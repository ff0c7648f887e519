package sim

import (
	"net"
	"net/netip"
	"time"

	"iocp/internal/driver"
)

// datagram is a UDP or Unix datagram socket. The network's lock guards it.
type datagram struct {
	socket
	unix  bool
	v6    bool
	name  driver.Name // what it is bound to; nobody for a Unix socket without a path
	peer  driver.Name // the only one, after Connect
	mate  *datagram   // a Unix socket's peer
	place *place      // a Unix socket's, if it is bound

	in      []message
	size    int           // what in takes of room
	coming  int           // for how many on their way there is a place; over UDP for none
	room    int           // bytes, or for a Unix socket places
	last    time.Duration // when the latest that was sent arrives
	waiting []*datagram   // for a place
}

// message is one datagram.
type message struct {
	from driver.Name
	data []byte
}

func (n *network) newDatagram() *datagram {
	d := &datagram{}
	d.socket = socket{self: d, net: n, chance: n.profile.chance(n.next())}
	return d
}

// NewDatagram implements driver.DatagramPort.
func (p *port) NewDatagram(addr netip.AddrPort) (driver.Datagram, error) {
	n := p.net
	n.mu.Lock()
	defer n.unlock()
	if n.profile.lacks(partUDP) {
		return nil, driver.ErrNotSupported
	}
	at, err := n.udp.take(addr)
	if err != nil {
		return nil, err
	}
	d := n.newDatagram()
	d.name, d.v6, d.room = driver.Name{Addr: at}, at.Addr().Is6(), d.chance.window()
	n.udp.bound[at] = d
	return d, nil
}

// RecvFrom implements driver.Datagram.
func (d *datagram) RecvFrom(op *driver.Op) error { return d.submit(&d.recv, op) }

// SendTo implements driver.Datagram.
func (d *datagram) SendTo(op *driver.Op) error {
	if *op.Name() != (driver.Name{}) && !d.expresses(*op.Name()) {
		return driver.ErrInvalid
	}
	return d.submit(&d.send, op)
}

func (d *datagram) submit(q *queue, op *driver.Op) error {
	d.net.mu.Lock()
	defer d.net.unlock()
	if d.closed {
		return net.ErrClosed
	}
	return d.enqueue(q, op)
}

// expresses reports whether the socket's family can express a name.
func (d *datagram) expresses(to driver.Name) bool {
	return d.unix || d.v6 || to.Addr.Addr().Unmap().Is4()
}

// Connect implements driver.Datagram.
func (d *datagram) Connect(to driver.Name) error {
	d.net.mu.Lock()
	defer d.net.unlock()
	switch {
	case d.closed:
		return net.ErrClosed
	case !d.expresses(to):
		return driver.ErrInvalid
	case d.unix:
		return d.befriend(to)
	}
	to.Addr = unmapped(to.Addr)
	if err := d.routed(to.Addr); err != nil {
		return err
	}
	d.peer = to
	return nil
}

// Cancel implements driver.Handle.
func (d *datagram) Cancel(op *driver.Op) bool {
	d.net.mu.Lock()
	defer d.net.unlock()
	return d.cancel(op)
}

// CancelAll implements driver.Handle.
func (d *datagram) CancelAll() int {
	d.net.mu.Lock()
	defer d.net.unlock()
	return d.cancelAll()
}

// Close implements driver.Handle. What hasn't been received is lost.
func (d *datagram) Close() error {
	d.net.mu.Lock()
	defer d.net.unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.unix {
		d.net.unbind(d.place)
	} else {
		d.net.udp.free(d.name.Addr)
	}
	d.in, d.size = nil, 0
	d.leave()
	d.wake()
	return nil
}

// LocalAddr implements driver.Handle.
func (d *datagram) LocalAddr() netip.AddrPort { return d.name.Addr }

// Path implements driver.Pathed.
func (d *datagram) Path() string {
	d.net.mu.Lock()
	defer d.net.unlock()
	if d.name.Path != "" {
		return d.name.Path
	}
	return d.peer.Path
}
