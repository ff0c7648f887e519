package sim

import (
	"net"
	"net/netip"
)

// open fails on a closed stream. Most options mean nothing on this network.
func (s *stream) open() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	return nil
}

// SetNoDelay implements driver.Stream.
func (s *stream) SetNoDelay(bool) error { return s.open() }

// SetKeepAlive implements driver.Stream.
func (s *stream) SetKeepAlive(net.KeepAliveConfig) error { return s.open() }

// SetAbortive implements driver.Stream.
func (s *stream) SetAbortive(on bool) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.abortive = on
	return nil
}

// LocalAddr implements driver.Handle.
func (s *stream) LocalAddr() netip.AddrPort {
	s.net.mu.Lock()
	defer s.net.unlock()
	return s.local
}

// RemoteAddr implements driver.Stream.
func (s *stream) RemoteAddr() netip.AddrPort {
	s.net.mu.Lock()
	defer s.net.unlock()
	return s.remote
}
