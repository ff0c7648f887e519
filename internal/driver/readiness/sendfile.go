//go:build linux || darwin || freebsd

package readiness

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
	"iocp/internal/sys/sock"
)

// sendFileMax is what one call sends at most, so that a fast reader doesn't
// keep a goroutine of the pool from everybody else.
const sendFileMax = 1 << 20

// SendFile implements driver.FileSender. In its turn among the sends the pool
// carries it out, since sendfile(2) waits for the disk even when it doesn't
// wait for the socket.
func (s *stream) SendFile(op *driver.Op) error {
	if _, ok := op.File().(*blocking.File); !ok {
		return driver.ErrInvalid
	}
	return s.submit(op, true)
}

// sendJob is one transfer from a file, which keeps its stream's sending side
// busy until it is done. It implements blocking.Job.
type sendJob struct {
	port *Port
	t    Transfer
}

// Do implements blocking.Job.
func (j *sendJob) Do() {
	t := &j.t
	t.callFile()
	t.s.finish(j.port, t, nil)
	j.port.Flush() // what is next on the stream
}

// callFile sends a piece of the file. What isn't the socket's doing goes to
// t.err.
func (t *Transfer) callFile() {
	op := t.op
	left := op.Want() - int64(op.N)
	if left == 0 {
		return
	}
	raw, err := op.File().(*blocking.File).OS().SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { t.sendFrom(int(fd), op.Off()+int64(op.N), int(min(left, sendFileMax))) })
	}
	switch {
	case err != nil:
		t.err = net.ErrClosed // the file: that is all these two can fail with
	case t.err != nil:
	case t.Errno == 0 && t.N == 0:
		t.err = io.ErrUnexpectedEOF
	}
}

func (t *Transfer) sendFrom(fd int, off int64, n int) {
	sent, err := unix.Sendfile(t.FD, fd, &off, n)
	switch {
	case sent > 0 && (err == unix.EAGAIN || err == unix.EINTR): // so it is on BSD
		err = nil
	case cantSend(err):
		sent, err = t.copyFrom(fd, off, n)
	}
	t.N = max(sent, 0)
	t.Errno, _ = err.(syscall.Errno)
}

// cantSend reports whether an error says that the system can't send a file by itself:
// on Linux above all those below /proc, on BSD those that aren't regular.
func cantSend(err error) bool {
	return err == unix.EINVAL || err == unix.EOPNOTSUPP || err == unix.ENOTSUP || err == unix.ENOTSOCK
}

// copyMax is how much of a file is in memory at a time, if the kernel can't send
// it by itself.
const copyMax = 64 << 10

// copyFrom is sendfile(2) by way of memory. What the socket doesn't take is read
// again.
func (t *Transfer) copyFrom(fd int, off int64, n int) (int, error) {
	buf := make([]byte, min(n, copyMax))
	n, err := unix.Pread(fd, buf, off)
	if err != nil {
		t.err = driver.FileFailed("pread", err)
		return 0, nil
	}
	if n == 0 {
		return 0, nil
	}
	sent, errno := sock.SendOne(t.FD, buf[:n])
	return sent, errno
}
