package portable

import (
	"errors"
	"net"
	"os"
	"time"

	"iocp/internal/driver"
)

// tryMax bounds the wait of a TryAccept for a connection that was there when
// it looked, and that its peer may have reset since.
const tryMax = time.Second

// TryAccept takes a connection that waits in the kernel. While accepts are
// pending every connection is theirs, and it finds none. Package net has no
// accept that doesn't wait, so it is called only when there is no need to.
func (l *listener) TryAccept() (driver.Stream, error) {
	l.tries.Lock()
	defer l.tries.Unlock()
	if !l.acc.inside.TryLock() {
		return nil, driver.ErrWouldBlock
	}
	defer l.acc.inside.Unlock()
	if err := l.beginTry(); err != nil {
		return nil, err
	}
	defer l.endTry()
	s, err := l.acc.accept()
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, driver.ErrWouldBlock
	}
	return nil, sysError(err)
}

// beginTry bounds the accept that follows. The caller holds inside.
func (l *listener) beginTry() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	if l.acc.ops.Len() > 0 || !readable(l.raw) {
		return driver.ErrWouldBlock
	}
	return l.acc.setDeadline(time.Now().Add(tryMax))
}

// endTry lifts the bound, unless an operation that came meanwhile has been
// cancelled: then its deadline is in force.
func (l *listener) endTry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.acc.broken {
		l.acc.setDeadline(time.Time{})
	}
}
