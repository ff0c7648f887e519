package driver

import "net/netip"

// What not every backend has is an interface of its own, which the root asks
// the port for: without it the answer is ErrNotSupported.

// Name is what a datagram is addressed by: an Internet address, or the path of
// a Unix socket. The zero value is nobody.
type Name struct {
	Addr netip.AddrPort
	Path string

	// Here is the address on this machine's side, of a socket that is bound to
	// all: where a datagram came to, or where one is sent from. It is invalid
	// where it isn't known, or is for the system to choose.
	Here netip.Addr
}

// DatagramPort is a port of a backend that has UDP.
type DatagramPort interface {
	// NewDatagram makes a UDP socket bound to addr, not yet attached.
	NewDatagram(addr netip.AddrPort) (Datagram, error)
}

// UnixPort is a port of a backend that has Unix sockets.
type UnixPort interface {
	// NewUnixStream makes a Unix stream socket, not yet connected or attached.
	NewUnixStream() (UnixStream, error)

	// ListenUnix makes a listening Unix socket. It calls at.Bound, and its Close
	// at.Remove while the descriptor is open. The root has checked the name, and
	// those of NewUnixDatagram, ConnectUnix and SendTo.
	ListenUnix(at *UnixFile, opts ListenOptions) (Listener, error)

	// NewUnixDatagram makes a Unix datagram socket. A name that isn't empty is
	// what it is bound to, as with ListenUnix.
	NewUnixDatagram(at *UnixFile) (Datagram, error)
}

// Datagram is a datagram socket of a backend. No error of an operation affects
// the socket, and that a peer isn't there is no error of a UDP socket (C85).
type Datagram interface {
	Handle

	// RecvFrom receives one datagram into op.Bufs and sets op.Name. One that
	// doesn't fit completes with ErrMessageSize and the N that fitted (C86).
	RecvFrom(op *Op) error

	// SendTo sends op.Bufs as one datagram to op.Name, or if that is nobody,
	// to whom the socket is connected to. One that is too large completes with
	// ErrMessageSize, and nothing has been sent (C83). A backend that can't
	// choose op.Name().Here refuses with ErrNotSupported.
	SendTo(op *Op) error

	// Connect makes the socket send to one peer and receive from it alone. It
	// doesn't wait.
	Connect(to Name) error
}

// UnixStream is a stream over a Unix socket. Its addresses are invalid, and of
// its methods Connect and Bind are never called.
type UnixStream interface {
	Stream
	ConnectUnix(op *Op, path string) error
}

// Pathed is a handle that may have a path: one of a Unix socket.
type Pathed interface {
	// Path is what the handle is bound to, or else connected to, or else empty.
	Path() string
}
