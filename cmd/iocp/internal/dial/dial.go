// Package dial connects the command's clients: a completion port with one
// worker, and one connected socket on it.
package dial

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"time"

	"iocp"
	"iocp/cmd/iocp/internal/service"
)

// connectMax bounds the attempt to reach one address.
const connectMax = 10 * time.Second

// Conn is a connection with a port of its own. Its Worker belongs to the
// goroutine that dialled.
type Conn struct {
	Port   *iocp.Port
	Worker *iocp.Worker
	Socket *iocp.Socket
}

// Dial connects to a host, by name or address, and a port number. All
// addresses of a name are tried in turn.
func Dial(host, service string) (*Conn, error) {
	addrs, err := Places(host, service)
	if err != nil {
		return nil, err
	}
	port, err := iocp.New(iocp.Config{})
	if err != nil {
		return nil, err
	}
	c := &Conn{Port: port, Worker: port.Worker()}
	for _, addr := range addrs {
		if c.Socket, err = c.connect(addr); err == nil {
			return c, nil
		}
	}
	c.Close()
	return nil, err
}

// Close drops the connection and waits until the port has given back all
// memory that operations use.
func (c *Conn) Close() {
	c.Worker.Close()
	c.Port.Close()
}

// Lost says that the server is gone, which err shows: io.EOF for its end of
// the stream. Errors of other kinds stay as they are.
func (c *Conn) Lost(err error) error {
	peer := c.Socket.RemoteAddr()
	var op *iocp.OpError
	switch {
	case err == io.EOF:
		return fmt.Errorf("the server at %s closed the connection: try again when it is back", peer)
	case errors.As(err, &op):
		return fmt.Errorf("the connection to the server at %s is lost: %w: try again when it is back", peer, op.Err)
	}
	return err
}

// Places gives the addresses that a host, by name or address, and a port
// number stand for, in the order in which they should be tried.
func Places(host, port string) ([]netip.AddrPort, error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("%q is no port: give a number from 1 to 65535", port)
	}
	addrs, err := service.Resolve(host)
	if err != nil {
		return nil, err
	}
	places := make([]netip.AddrPort, len(addrs))
	for i, a := range addrs {
		places[i] = netip.AddrPortFrom(a, uint16(n))
	}
	return places, nil
}

// connect tries one address. A socket that failed is closed.
func (c *Conn) connect(addr netip.AddrPort) (*iocp.Socket, error) {
	s, err := c.Port.NewSocket(iocp.FamilyOf(addr.Addr()))
	if err != nil {
		return nil, err
	}
	if err = c.start(s, addr); err == nil {
		err = c.finish(s)
	}
	if err != nil {
		s.Close()
		return nil, Explain(addr, err)
	}
	return s, nil
}

func (c *Conn) start(s *iocp.Socket, addr netip.AddrPort) error {
	if err := c.Port.Associate(s, nil); err != nil {
		return err
	}
	return s.Connect(new(iocp.Op), addr)
}

// finish waits for the one operation there is. When that takes too long it
// cancels it, and what the operation then completes with decides.
func (c *Conn) finish(s *iocp.Socket) error {
	batch := make([]iocp.Completion, 1)
	_, err := c.Worker.Wait(batch, connectMax)
	late := errors.Is(err, os.ErrDeadlineExceeded)
	if late {
		if err := s.CancelAll(); err != nil && !errors.Is(err, iocp.ErrNotFound) {
			return err
		}
		_, err = c.Worker.Wait(batch, iocp.Infinite)
	}
	switch {
	case err != nil:
		return err
	case late && batch[0].Err != nil:
		return iocp.ErrTimedOut
	}
	return batch[0].Err
}

// Explain says what users can do about the usual reasons why addr can't be
// connected to.
func Explain(addr netip.AddrPort, err error) error {
	hints := []struct {
		class error
		text  string
	}{
		{iocp.ErrRefused, "nobody listens there: start the server, or check the port"},
		{iocp.ErrTimedOut, "no answer: check the address, and what may block the way"},
		{iocp.ErrUnreachable, "there is no way to this address: check it, and the network"},
	}
	for _, h := range hints {
		if errors.Is(err, h.class) {
			return fmt.Errorf("can't connect to %s: %s: %w", addr, h.text, h.class)
		}
	}
	return err
}
