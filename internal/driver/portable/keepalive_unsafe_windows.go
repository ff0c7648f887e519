package portable

import (
	"errors"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// setKeepAlive configures probes by the TCP options that net uses, or where the
// system lacks them (Windows before 10, Wine 8) by SIO_KEEPALIVE_VALS, which has
// no count.
func setKeepAlive(c *net.TCPConn, cfg net.KeepAliveConfig) error {
	if !cfg.Enable {
		return c.SetKeepAlive(false)
	}
	err := c.SetKeepAliveConfig(cfg)
	if err == nil || !errors.Is(sysError(err), driver.ErrNotSupported) {
		return err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	vals := windows.TCPKeepalive{OnOff: 1, Time: millis(cfg.Idle, 2*time.Hour), Interval: millis(cfg.Interval, time.Second)}
	var failed error
	err = raw.Control(func(fd uintptr) {
		var n uint32
		failed = windows.WSAIoctl(windows.Handle(fd), windows.SIO_KEEPALIVE_VALS,
			(*byte)(unsafe.Pointer(&vals)), uint32(unsafe.Sizeof(vals)), nil, 0, &n, nil, 0)
	})
	return errors.Join(err, failed)
}

// millis is a time for the system; by default, and for what net leaves as it
// is, the system's own (SIO_KEEPALIVE_VALS's page).
func millis(d, byDefault time.Duration) uint32 {
	if d <= 0 {
		d = byDefault
	}
	return uint32(d / time.Millisecond)
}
