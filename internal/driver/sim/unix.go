package sim

import (
	"net"

	"iocp/internal/driver"
)

// unixStream is a stream over a Unix socket.
type unixStream struct{ *stream }

// NewUnixStream implements driver.UnixPort.
func (p *port) NewUnixStream() (driver.UnixStream, error) {
	if p.net.profile.lacks(partUnix) {
		return nil, driver.ErrNotSupported
	}
	p.net.mu.Lock()
	defer p.net.unlock()
	s := p.net.newStream(false)
	s.unix = true
	return unixStream{s}, nil
}

// ListenUnix implements driver.UnixPort.
func (p *port) ListenUnix(at *driver.UnixFile, opts driver.ListenOptions) (driver.Listener, error) {
	n := p.net
	n.mu.Lock()
	defer n.unlock()
	l := n.newListener(opts.Backlog)
	var err error
	if l.place, err = n.bind(at, l); err != nil {
		return nil, err
	}
	return l, nil
}

// NewUnixDatagram implements driver.UnixPort.
func (p *port) NewUnixDatagram(at *driver.UnixFile) (driver.Datagram, error) {
	n := p.net
	n.mu.Lock()
	defer n.unlock()
	d := n.newDatagram()
	d.unix, d.room, d.name = true, d.chance.places(), driver.Name{Path: at.Name}
	if at.Name == "" {
		if n.profile.lacks(partUnix) {
			return nil, driver.ErrNotSupported
		}
		return d, nil
	}
	var err error
	if d.place, err = n.bind(at, d); err != nil {
		return nil, err
	}
	return d, nil
}

// ConnectUnix implements driver.UnixStream.
func (u unixStream) ConnectUnix(op *driver.Op, path string) error {
	u.net.mu.Lock()
	defer u.net.unlock()
	if err := u.connectable(op); err != nil {
		return err
	}
	u.calls(op, driver.Name{Path: path})
	return nil
}

// Abort implements driver.Stream: there is no reset to be sent.
func (u unixStream) Abort() error { return u.Close() }

// SetNoDelay implements driver.Stream.
func (unixStream) SetNoDelay(bool) error { return driver.ErrNotSupported }

// SetAbortive implements driver.Stream.
func (unixStream) SetAbortive(bool) error { return driver.ErrNotSupported }

// SetKeepAlive implements driver.Stream.
func (unixStream) SetKeepAlive(net.KeepAliveConfig) error { return driver.ErrNotSupported }

// Path implements driver.Pathed.
func (u unixStream) Path() string {
	u.net.mu.Lock()
	defer u.net.unlock()
	return u.path
}

// Path implements driver.Pathed.
func (l *listener) Path() string {
	if l.place == nil {
		return ""
	}
	return l.place.at.Name
}
