//go:build linux || darwin || freebsd

package readiness

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// SendNow implements driver.NowSender. The side counts as busy meanwhile, with
// no operation for it, so that nothing overtakes and the descriptor stays.
func (s *stream) SendNow(b []byte) (int, error) {
	if n, err, ok := s.sendFast(b); ok {
		return n, err
	}
	s.lock()
	q := &s.send
	err := s.refuses(true)
	if err == nil && (q.busy || !q.ready || q.ops.Front() != nil) {
		err = driver.ErrWouldBlock
	}
	if err != nil {
		s.unlock()
		return 0, err
	}
	fd := s.fd()
	q.busy, q.news = true, false
	s.unlock()
	n, errno := sock.SendOne(fd, b)
	return n, s.sentNow(errno)
}

// sentNow takes the result of the call.
func (s *stream) sentNow(errno syscall.Errno) error {
	s.lock()
	q := &s.send
	q.busy = false
	err := s.judge(errno)
	if op := q.ops.Front(); op != nil && op.Canceled {
		s.complete(q, driver.ErrAborted, nil) // no transfer of its own was under way
	}
	s.goOn(true, nil)
	set, more := s.set, s.send.listed || s.recv.listed
	s.unlock()
	if more {
		set.schedule(true, 1)
	}
	return err
}

// judge is outcome for a transfer without an operation. The lock is held.
func (s *stream) judge(errno syscall.Errno) error {
	switch errno {
	case 0:
		return nil
	case unix.EAGAIN:
		if !s.send.news {
			s.send.ready = false
		}
		return driver.ErrWouldBlock
	case unix.EINTR:
		return driver.ErrWouldBlock
	}
	err := sysError("send", errno)
	if !passing(errno) {
		s.more().err = err
	}
	return err
}
