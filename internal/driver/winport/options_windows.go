package winport

import (
	"cmp"
	"math"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/win"
)

// setting sets an option of a SOCKET.
type setting func(sock windows.Handle) error

// settings is what the user has chosen for a stream that isn't connected yet,
// to be chosen again when its SOCKET must be replaced.
type settings struct {
	bind                       netip.AddrPort
	noDelay, linger, keepAlive setting
}

// apply sets all that has been chosen.
func (c *settings) apply(sock windows.Handle, v6 bool) error {
	for _, set := range []setting{c.noDelay, c.linger, c.keepAlive} {
		if set == nil {
			continue
		}
		if err := set(sock); err != nil {
			return sysError("setsockopt", err)
		}
	}
	if !c.bind.IsValid() {
		return nil
	}
	if c.bind.Port() == 0 {
		sharePort(sock)
	}
	return sysError("bind", system.bind(sock, sockaddr(c.bind, v6)))
}

// choose sets an option, and keeps it while the SOCKET may be replaced. The
// lock is held.
func (s *Stream) choose(place *setting, set setting) error {
	if s.closed {
		return net.ErrClosed
	}
	if err := set(s.sock); err != nil {
		return sysError("setsockopt", err)
	}
	if !s.peer.IsValid() {
		*place = set
	}
	return nil
}

// SetNoDelay implements driver.Stream.
func (s *Stream) SetNoDelay(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.choose(&s.settings.noDelay, func(sock windows.Handle) error { return setNoDelay(sock, on) })
}

// setNoDelay turns TCP_NODELAY on, as every new socket has it, or off.
func setNoDelay(sock windows.Handle, on bool) error {
	return windows.SetsockoptInt(sock, windows.IPPROTO_TCP, windows.TCP_NODELAY, boolInt(on))
}

// SetAbortive implements driver.Stream.
func (s *Stream) SetAbortive(on bool) error {
	l := windows.Linger{Onoff: int32(boolInt(on))}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.choose(&s.settings.linger, func(sock windows.Handle) error {
		return windows.SetsockoptLinger(sock, windows.SOL_SOCKET, windows.SO_LINGER, &l)
	})
	if err == nil {
		s.resets = on
	}
	return err
}

// SetKeepAlive implements driver.Stream.
func (s *Stream) SetKeepAlive(cfg net.KeepAliveConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.choose(&s.settings.keepAlive, func(sock windows.Handle) error {
		err := windows.SetsockoptInt(sock, windows.SOL_SOCKET, windows.SO_KEEPALIVE, boolInt(cfg.Enable))
		if err != nil || !cfg.Enable {
			return err
		}
		if err = setProbes(sock, cfg); err == windows.WSAENOPROTOOPT {
			err = setProbesTogether(sock, cfg)
		}
		return err
	})
}

// Undelivered implements driver.Stream. Windows doesn't tell how much of a
// request it has sent, nor what it holds of those that are over: mostly no more
// than SO_SNDBUF, 64 KiB. So a pending send counts whole.
func (s *Stream) Undelivered() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0
	}
	n := int64(0)
	for _, r := range s.sends.recs {
		if r.state != done {
			n += r.op.Left()
		}
	}
	return n
}

// setProbes sets the options that there are from Windows 10 1709 on.
func setProbes(sock windows.Handle, cfg net.KeepAliveConfig) error {
	for _, o := range []struct{ name, value int }{
		{windows.TCP_KEEPIDLE, seconds(cfg.Idle)},
		{windows.TCP_KEEPINTVL, seconds(cfg.Interval)},
		{windows.TCP_KEEPCNT, cfg.Count},
	} {
		if o.value <= 0 {
			continue
		}
		if err := windows.SetsockoptInt(sock, windows.IPPROTO_TCP, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// setProbesTogether is the older way (SIO_KEEPALIVE_VALS), in which the two
// times can only be set together, the number of probes is fixed, and two hours
// and a second are the defaults.
func setProbesTogether(sock windows.Handle, cfg net.KeepAliveConfig) error {
	return win.SetKeepaliveVals(sock, win.TCPKeepalive{
		OnOff:    1,
		Time:     milliseconds(cmp.Or(max(cfg.Idle, 0), 2*time.Hour)),
		Interval: milliseconds(cmp.Or(max(cfg.Interval, 0), time.Second)),
	})
}

// setNonblock is FIONBIO, which only calls without OVERLAPPED look at.
func setNonblock(sock windows.Handle) error { return win.SetNonblock(sock) }

// seconds rounds up to what the TCP options count in.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// milliseconds rounds a time up to what the kernel counts in.
func milliseconds(d time.Duration) uint32 {
	return uint32(min((d+time.Millisecond-1)/time.Millisecond, math.MaxUint32-1))
}
