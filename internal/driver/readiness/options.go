//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// option runs f on the descriptor of an open stream.
func (s *stream) option(call string, f func(fd int) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == closed {
		return net.ErrClosed
	}
	return sysError(call, f(s.fd()))
}

// SetNoDelay implements driver.Stream.
func (s *stream) SetNoDelay(on bool) error {
	return s.option("setsockopt", func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, boolInt(on))
	})
}

// noDelay is what a new socket has. Those that a listener accepts have it from
// the listener, without a call of their own.
func noDelay(fd int) error {
	return sysError("setsockopt", unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
}

// SetAbortive implements driver.Stream.
func (s *stream) SetAbortive(on bool) error {
	return s.option("setsockopt", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: int32(boolInt(on))})
	})
}

// SetKeepAlive implements driver.Stream.
func (s *stream) SetKeepAlive(cfg net.KeepAliveConfig) error {
	return s.option("setsockopt", func(fd int) error {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, boolInt(cfg.Enable)); err != nil || !cfg.Enable {
			return err
		}
		for _, o := range []struct{ name, value int }{
			{sock.KeepIdle, seconds(cfg.Idle)},
			{unix.TCP_KEEPINTVL, seconds(cfg.Interval)},
			{unix.TCP_KEEPCNT, cfg.Count},
		} {
			if o.value <= 0 {
				continue // stays as it is
			}
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, o.name, o.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// LocalAddr implements driver.Handle.
func (s *stream) LocalAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == closed {
		return netip.AddrPort{}
	}
	return address(unix.Getsockname(s.fd()))
}

// Undelivered implements driver.Stream: what is pending, and what the kernel
// holds of the rest: until it is acknowledged or, over a Unix socket, received.
func (s *stream) Undelivered() int64 {
	s.lock()
	defer s.unlock()
	if s.stage == closed {
		return 0
	}
	return s.send.ops.Left() + int64(driver.Held(s.fd()))
}

// seconds rounds up to what the TCP options count in.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
