package sim

import "iocp/internal/driver"

// Bounds on the data of one datagram.
const (
	longestIPv4 = 1<<16 - 1 - 20 - 8 // what the headers leave of an IPv4 packet
	longestIPv6 = 1<<16 - 1 - 8
	longestUnix = 208<<10 - 32 // Linux's default for SO_SNDBUF, and what it takes off
)

// headroom is what a datagram takes of a UDP socket's room besides its data, so
// that empty ones aren't for nothing.
const headroom = 256

// advance implements socket's.
func (d *datagram) advance() {
	if d.closed {
		return
	}
	d.begin(&d.recv, func(*driver.Op) bool { return len(d.in) > 0 }, d.receive)
	d.begin(&d.send, d.sendable, d.post)
}

// receive takes the oldest datagram, or what fits of it.
func (d *datagram) receive(op *driver.Op) (over bool, err error) {
	m := d.in[0]
	d.in = d.in[1:]
	d.size -= d.takes(m)
	op.SetName(m.from)
	rest := inbox{pieces: [][]byte{m.data}, size: len(m.data)}
	op.N = rest.fill(op.Bufs(), min(op.Len(), rest.size))
	d.wake()
	if rest.size > 0 {
		return true, driver.ErrMessageSize
	}
	return true, nil
}

// takes is how much of its receiver's room a datagram takes.
func (d *datagram) takes(m message) int {
	if d.unix {
		return 1
	}
	return headroom + len(m.data)
}

// post sends a datagram.
func (d *datagram) post(op *driver.Op) (over bool, err error) {
	if d.unix {
		return d.hand(op)
	}
	return true, d.cast(op)
}

// write copies what op sends.
func (d *datagram) write(op *driver.Op) message {
	op.N = op.Len()
	return message{data: gather(op.Bufs(), op.N)}
}

// deliver has something arrive, in order after what was sent before or not.
func (d *datagram) deliver(ordered bool, arrive func()) {
	at := d.net.now + d.chance.delay()
	if ordered {
		at = max(at, d.last+1)
	}
	d.last = max(at, d.last)
	d.net.at(at, arrive)
}

// hears takes a datagram.
func (d *datagram) hears(m message) {
	if d.closed {
		return
	}
	d.in = append(d.in, m)
	d.size += d.takes(m)
	d.advance()
}
