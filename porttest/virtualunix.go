package porttest

import (
	"net"
	"os"
	"time"

	"iocp"
)

// Foreign datagram and Unix sockets on a simulated network.

func (v *virtual) listenUnix(path string) (peerListener, error) {
	l, err := v.port.ListenUnix(path, iocp.ListenConfig{})
	if err != nil {
		return nil, err
	}
	return &virtualListener{Listener: l, v: v}, v.port.Associate(l, nil)
}

func (v *virtual) dialUnix(path string, deadline time.Time) (unixConn, error) {
	s, err := v.port.NewUnixSocket()
	if err != nil {
		return nil, err
	}
	return v.connected(s, func(op *iocp.Op) error { return s.ConnectUnix(op, path) }, deadline)
}

func (v *virtual) unixgram(path, to string) (unixgramConn, error) {
	d, err := v.port.NewUnixDatagram(path)
	if err != nil {
		return nil, err
	}
	if to != "" {
		err = d.ConnectUnix(to)
	}
	if err == nil {
		err = v.port.Associate(d, nil)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return &virtualDatagram{Datagram: d}, nil
}

// leave makes a file: nobody is behind that either, and a simulated process
// can't die.
func (v *virtual) leave(_, path string) error { return os.WriteFile(path, nil, 0o600) }

// virtualDatagram is a datagram socket as package net would have it.
type virtualDatagram struct {
	*iocp.Datagram
	limit
}

func (d *virtualDatagram) Write(b []byte) (int, error) {
	c := call(d.deadline(), func(op *iocp.Op) error { return d.Send(op, b) }, d.Cancel)
	return c.N, c.Err
}

func (d *virtualDatagram) ReadFrom(b []byte) (int, net.Addr, error) {
	c := d.recv(b)
	return c.N, &net.UnixAddr{Name: c.FromPath, Net: "unixgram"}, c.Err
}

func (d *virtualDatagram) recv(b []byte) iocp.Completion {
	return call(d.deadline(), func(op *iocp.Op) error { return d.RecvFrom(op, b) }, d.Cancel)
}
