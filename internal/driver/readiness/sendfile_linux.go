package readiness

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// sendFileMax is what one call sends at most, so that a fast reader doesn't
// keep a goroutine of the crew from everybody else.
const sendFileMax = 1 << 20

// SendFile implements driver.FileSender. In its turn among the sends the crew
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
	t.s.finish(t, nil)
	j.port.Flush() // what is next on the stream
}

// callFile sends a piece of the file. What isn't the socket's doing goes to
// t.err.
func (t *Transfer) callFile() {
	op := t.op
	left := op.Want - int64(op.N)
	if left == 0 {
		return
	}
	raw, err := op.File().(*blocking.File).OS().SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { t.sendFrom(int(fd), op.Off+int64(op.N), int(min(left, sendFileMax))) })
	}
	switch {
	case err != nil:
		t.err = net.ErrClosed // the file: that is all these two can fail with
	case t.Errno == 0 && t.N == 0:
		t.err = io.ErrUnexpectedEOF
	}
}

func (t *Transfer) sendFrom(fd int, off int64, n int) {
	n, err := unix.Sendfile(t.FD, fd, &off, n)
	t.N = max(n, 0)
	t.Errno, _ = err.(syscall.Errno)
}
