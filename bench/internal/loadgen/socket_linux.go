package loadgen

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds, in seconds, a Read on a socket that still blocks.
const patience = 10

// Dial connects. The socket blocks. Closing it resets the connection, which
// leaves nothing behind in TIME_WAIT.
func Dial(addr netip.AddrPort) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: patience}),
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
		unix.Connect(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}))
	if err != nil {
		unix.Close(fd)
	}
	return fd, err
}

// ErrNothing says that nothing came, on a socket that blocks for a long time.
var ErrNothing = fmt.Errorf("nothing came within %d s", patience)

// Read reads. Signals, of which Go's runtime sends itself many, interrupt
// reading from a socket with a time limit (signal(7)); that is nobody's
// concern.
func Read(fd int, buf []byte) (int, error) {
	for {
		switch n, err := unix.Read(fd, buf); err {
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, ErrNothing
		default:
			return n, err
		}
	}
}

// A Ticker makes an epoll wait come back when messages may be due.
type Ticker int

// tickMin is how far ticks are apart at least.
const tickMin = 50 * time.Microsecond

// NewTicker makes a ticker and watches it, as the given number among an
// epoll's events. Each of its events has to be followed by Tick.
func NewTicker(epoll int, id int32, every time.Duration) (Ticker, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return 0, err
	}
	tick := unix.NsecToTimespec(int64(max(every, tickMin)))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: tick, Value: tick}, nil); err != nil {
		return 0, err
	}
	return Ticker(fd), unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: id})
}

// Tick takes note of what has passed: the timer doesn't go on before.
func (t Ticker) Tick() error {
	var expirations [8]byte
	if _, err := unix.Read(int(t), expirations[:]); err != nil && err != unix.EAGAIN {
		return err
	}
	return nil
}
