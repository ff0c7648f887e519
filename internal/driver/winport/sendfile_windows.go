package winport

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// SendFile implements driver.FileSender. It is alone on its line, because one
// that is short or long goes on with another request.
func (s *Stream) SendFile(op *driver.Op) error {
	if _, ok := op.File().(*File); !ok {
		return driver.ErrInvalid
	}
	return s.submit(&s.sends, op, true)
}

// beginFile sends what of a file hasn't been sent yet. To TransmitFile no bytes
// are all bytes, so nothing is sent by WSASend.
func (s *Stream) beginFile(r *record) error {
	op := r.op
	left := op.Want - int64(op.N)
	if left == 0 {
		return s.beginSend(r)
	}
	f := op.File().(*File)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return net.ErrClosed
	}
	s.lend(r)
	r.at(op.Off, op.N)
	err := system.transmitFile(s.sock, f.sock, uint32(min(left, driver.TransferMax)), r)
	return s.started(r, "TransmitFile", err)
}

// fileSent looks at a TransmitFile that the kernel has given back. That it sent
// nothing means that the file has no more.
func (s *Stream) fileSent(r *record, n int, status syscall.Errno) {
	if short := int64(r.op.N+n) < r.op.Want; short && n == 0 && (status == 0 || status == windows.ERROR_HANDLE_EOF) {
		r.end(r.op.N, io.ErrUnexpectedEOF)
		return
	}
	s.sent(r, n, status)
}
