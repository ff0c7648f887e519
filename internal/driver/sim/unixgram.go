package sim

import (
	"slices"

	"iocp/internal/driver"
)

// How datagrams get from one Unix socket to another: in order, all of them, and
// only when there is a place for them.

// sendable reports whether there is a place for a send, or no need for one. If
// there is none it will be tried again when that changes.
func (d *datagram) sendable(op *driver.Op) bool {
	if !d.unix || op.Len() > longestUnix {
		return true
	}
	to, err := d.target(op)
	if err != nil || !to.full() {
		return true
	}
	to.await(d)
	return false
}

// full is a Unix socket's having no place.
func (d *datagram) full() bool { return d.size+d.coming >= d.room }

// hand sends to a Unix socket: there is one if that succeeds, and the send isn't
// over before it has a place.
func (d *datagram) hand(op *driver.Op) (over bool, err error) {
	if op.Len() > longestUnix {
		return true, errTooLong
	}
	to, err := d.target(op)
	if err != nil {
		return true, err
	}
	if to.full() {
		return false, nil
	}
	m := d.write(op)
	m.from = d.name
	to.coming++
	d.deliver(true, func() {
		to.coming--
		to.hears(m)
	})
	return true, nil
}

// target is the Unix socket that op is for.
func (d *datagram) target(op *driver.Op) (*datagram, error) {
	if *op.Name() != (driver.Name{}) {
		return d.addressee(*op.Name())
	}
	if d.mate.closed { // there may be another at its path by now
		if err := d.befriend(d.peer); err != nil {
			return nil, err
		}
	}
	return d.mate, d.mate.hearing(d)
}

// addressee finds the Unix socket of a name, if it hears this one.
func (d *datagram) addressee(to driver.Name) (*datagram, error) {
	h, err := d.net.served(to.Path)
	if err != nil {
		return nil, err
	}
	if s, ok := h.(*datagram); ok {
		return s, s.hearing(d)
	}
	return nil, errOtherKind
}

// hearing is why a Unix socket doesn't take what another sends, or nil.
func (d *datagram) hearing(sender *datagram) error {
	switch {
	case d.closed:
		return errRefused
	case d.mate != nil && d.mate != sender:
		return errNotForYou
	}
	return nil
}

// befriend is Connect for a Unix socket. Who waits to send to it learns that it
// mustn't any more.
func (d *datagram) befriend(to driver.Name) error {
	mate, err := d.addressee(to)
	if err != nil {
		return err
	}
	d.mate, d.peer = mate, to
	d.wake()
	return nil
}

// wake has those try again who wait for a place.
func (d *datagram) wake() {
	waiting := d.waiting
	d.waiting = nil
	for _, s := range waiting {
		s.advance()
	}
}

// await enters a sender for the next place.
func (d *datagram) await(sender *datagram) {
	if !slices.Contains(d.waiting, sender) {
		d.waiting = append(d.waiting, sender)
	}
}
