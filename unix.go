package iocp

import (
	"net/netip"

	"iocp/internal/driver"
)

// Unix sockets connect processes of one machine through a path. A path that
// begins with @ is a name in Linux's abstract namespace, and no file. Their
// addresses (Addr, RemoteAddr) are invalid; Path tells the path.
//
// A path takes 107 bytes on most systems, and no NUL; an abstract name takes 108.
//
// Listening and binding create the path, and Close removes it, as in package
// net: that file and no other, should something else be at the path by then
// (see Listener.SetUnlinkOnClose). If the process dies first, the path stays
// behind, and the next attempt fails with ErrAddrInUse: the library removes no
// file that it didn't make, since it can't tell for certain that nobody serves
// it.

// ListenUnix makes a listening Unix stream socket. It belongs to no port yet.
// Sockets accepted from it are stream sockets like any other, except that TCP's
// options are ErrNotSupported, as ReusePort is, and that Abort is no more than
// Close. A backend without Unix sockets answers ErrNotSupported.
func (p *Port) ListenUnix(path string, cfg ListenConfig) (*Listener, error) {
	drv, err := p.unix()
	switch {
	case err != nil:
	case cfg.Backlog < 0:
		err = ErrInvalid
	case cfg.ReusePort:
		err = ErrNotSupported
	default:
		err = checkUnixName(path)
	}
	if err != nil {
		return nil, pathError("listen", path, err)
	}
	file := &driver.UnixFile{Name: path}
	l, err := drv.ListenUnix(file, driver.ListenOptions(cfg))
	if err != nil {
		return nil, pathError("listen", path, err)
	}
	return &Listener{handle: handle{drv: l, is: aListener}, l: l, file: file}, nil
}

// NewUnixSocket makes a Unix stream socket, to be connected (ConnectUnix). It
// belongs to no port yet. A backend without Unix sockets answers ErrNotSupported.
func (p *Port) NewUnixSocket() (*Socket, error) {
	drv, err := p.unix()
	if err != nil {
		return nil, opError("socket", netip.AddrPort{}, err)
	}
	s, err := drv.NewUnixStream()
	if err != nil {
		return nil, opError("socket", netip.AddrPort{}, err)
	}
	return newSocket(s, 0), nil
}

// NewUnixDatagram makes a Unix datagram socket bound to path. With an empty
// path it can send, but not be answered. It belongs to no port yet. A backend
// without Unix sockets answers ErrNotSupported.
func (p *Port) NewUnixDatagram(path string) (*Datagram, error) {
	drv, err := p.unix()
	if err == nil && path != "" {
		err = checkUnixName(path)
	}
	if err != nil {
		return nil, pathError("socket", path, err)
	}
	file := &driver.UnixFile{Name: path}
	d, err := drv.NewUnixDatagram(file)
	if err != nil {
		return nil, pathError("socket", path, err)
	}
	return &Datagram{handle: handle{drv: d, is: aDatagram}, d: d, file: file}, nil
}

// unix gives the driver's Unix sockets.
func (p *Port) unix() (driver.UnixPort, error) {
	drv, ok := p.drv.(driver.UnixPort)
	switch {
	case p.closing():
		return nil, ErrClosed
	case !ok:
		return nil, ErrNotSupported
	}
	return drv, nil
}

// ConnectUnix connects a socket made by NewUnixSocket to the listener at path.
// That nobody listens there, or that there is no such path, is ErrRefused, and
// the socket may be connected again.
func (s *Socket) ConnectUnix(op *Op, path string) error {
	u, ok := s.stream().(driver.UnixStream)
	if !ok {
		return pathError("connect", path, ErrInvalid)
	}
	if err := checkUnixName(path); err != nil {
		return pathError("connect", path, err)
	}
	err := s.connect(op, driver.Name{Path: path}, func(d *driver.Op) error { return u.ConnectUnix(d, path) })
	return pathError("connect", path, err)
}

// ConnectUnix is Connect for a Unix socket, to the one bound to path. When that is
// closed, the next Send looks for another at the path: so a server may be started
// anew. While there is none, sends fail with ErrRefused.
func (d *Datagram) ConnectUnix(path string) error {
	if err := d.namesPath(path); err != nil {
		return pathError("connect", path, err)
	}
	return pathError("connect", path, d.connect(driver.Name{Path: path}))
}

// SendToUnix sends bufs, together, as one datagram to the Unix socket that is bound
// to path. While the receiver's queue is full the send waits. That nobody is there
// is ErrRefused. Otherwise it is as SendTo: the bytes must not change until the
// completion is dequeued.
func (d *Datagram) SendToUnix(op *Op, path string, bufs ...[]byte) error {
	if err := d.namesPath(path); err != nil {
		return pathError("sendto", path, err)
	}
	return pathError("sendto", path, d.sendTo(op, driver.Name{Path: path}, bufs))
}

// namesPath refuses what is no path for the socket.
func (d *Datagram) namesPath(path string) error {
	if d.file == nil {
		return ErrInvalid
	}
	return checkUnixName(path)
}

// SetUnlinkOnClose says whether Close, or the port's, removes the path of a Unix
// listener, as it does by default: a program that hands its path on to a
// successor turns it off. Close doesn't remove what isn't the file that the
// listener made: a successor's socket, or a file. It does nothing for other
// listeners.
func (l *Listener) SetUnlinkOnClose(unlink bool) {
	if l.file != nil {
		l.file.Keep(!unlink)
	}
}

// SetUnlinkOnClose says whether Close, or the port's, removes the path of a Unix
// socket; see [Listener.SetUnlinkOnClose].
func (d *Datagram) SetUnlinkOnClose(unlink bool) {
	if d.file != nil {
		d.file.Keep(!unlink)
	}
}

// Path is the path that a Unix socket is connected through. It is empty before
// it is connected and after Close, and for other sockets.
func (s *Socket) Path() string {
	if u, ok := s.drv.(driver.Pathed); ok && !s.closed() {
		return u.Path()
	}
	return ""
}

// Path is the path of a Unix listener, also after Close; empty for others.
func (l *Listener) Path() string {
	if l.file == nil {
		return ""
	}
	return l.file.Name
}
