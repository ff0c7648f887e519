package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"iocp"
)

// ListenAndServe runs a server with the default configuration at an address as
// [Server.ListenAndServe] takes it. It returns when that does, which is never
// without an error, and ends what is left of the server first.
func ListenAndServe(addr string, h Handler) error {
	srv, err := New(h, Config{})
	if err != nil {
		return err
	}
	err = srv.ListenAndServe(addr)
	at, once := context.WithCancel(context.Background())
	once()
	srv.Shutdown(at)
	return err
}

// ListenAndServe listens at an address and serves what connects there, as Serve
// does. The address is one that package net takes for TCP: a host, which may be
// a name, and a port, which may be a name too or 0 for any that is free (see Addr).
// Without a host it is all addresses of this machine, IPv4 and IPv6. "unix:" and
// a path make it a Unix socket (see iocp.Port.ListenUnix).
func (s *Server) ListenAndServe(addr string) error {
	ln, err := s.listen(addr)
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

func (s *Server) listen(addr string) (*iocp.Listener, error) {
	if path, unix := strings.CutPrefix(addr, "unix:"); unix {
		return s.Port().ListenUnix(path, iocp.ListenConfig{})
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err == nil && addr == "" { // any port, to package net
		err = &net.AddrError{Err: "missing address"}
	}
	if err != nil {
		return nil, fmt.Errorf("server: no place to listen: %w: give HOST:PORT, :PORT or unix:PATH", err)
	}
	if tcp.IP != nil {
		at := tcp.AddrPort()
		return s.Listen(netip.AddrPortFrom(at.Addr().Unmap(), at.Port()))
	}
	ln, err := s.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(tcp.Port)))
	if err == nil || errors.Is(err, iocp.ErrAddrInUse) {
		return ln, err
	}
	return s.Listen(netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(tcp.Port))) // without IPv6
}
