package winport

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// SendFile implements driver.FileSender. It is alone on its line, because it goes
// on with another request after each part of the file.
//
// TransmitFile would be one request for all, but Windows' client editions carry
// out two of them at a time, for all programs together: two peers that don't
// receive would hold up everybody (TransmitFile's page; golang/go issue 73746).
func (s *Stream) SendFile(op *driver.Op) error {
	f, ok := op.File().(*File)
	switch {
	case !ok:
		return driver.ErrInvalid
	case f.writeOnly:
		return sysError("ReadFile", windows.ERROR_ACCESS_DENIED)
	}
	return s.submit(&s.sends, op, true)
}

// beginFile sends what has been read of the file, or has the next part read.
func (s *Stream) beginFile(r *record) error {
	if r.op.Left() == 0 {
		return s.beginSend(r)
	}
	if r.part == nil {
		r.part = takePart()
	}
	if p := r.part; p.gone < p.have {
		r.load([][]byte{p.data[p.gone:p.have]}, p.have-p.gone)
		s.lend(r)
		return s.started(r, "WSASend", system.send(s.sock, r))
	}
	f := r.op.File().(*File)
	if !f.hold() {
		return net.ErrClosed
	}
	s.lend(r)
	r.part.stream, r.part.record, r.part.file = s, r, f
	s.port.threads.Do(r.part)
	return nil
}

// partRead looks at what has been read of a file.
func (s *Stream) partRead(r *record, n int, status syscall.Errno) {
	s.landed(r)
	switch {
	case s.closed || status == windows.ERROR_OPERATION_ABORTED: // or the file is
		r.end(r.op.N, net.ErrClosed)
	case r.canceled:
		r.end(r.op.N, driver.ErrAborted)
	case n > 0:
		r.part.have, r.part.gone = n, 0
		r.state = queued
	case status == 0 || status == windows.ERROR_HANDLE_EOF:
		r.end(r.op.N, io.ErrUnexpectedEOF)
	default:
		r.end(r.op.N, fileError("ReadFile", status))
	}
	s.advance(&s.sends, nil)
	s.releaseLast()
}

// fileSent looks at a part of a file that the kernel has given back.
func (s *Stream) fileSent(r *record, n int, status syscall.Errno) {
	if r.part != nil {
		r.part.gone += n
	}
	s.sent(r, n, status)
}
