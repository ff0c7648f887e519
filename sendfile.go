package iocp

import (
	"errors"
	"io"
	"math"
	"net"

	"iocp/internal/driver"
)

// SendFile sends n bytes of a file from offset off on, in the order of the
// socket's sends (TransmitFile). A negative n means up to the end that the file
// has now, or of a file that says that it is empty (as those of /proc do) up to
// where reading it ends. The bytes go from the file to the socket without passing through the
// program where the system can do that; backend winport reads them, 64 KiB at a
// time, since Windows' client editions have room for two TransmitFiles only.
//
// It completes like a Send, with the full count or with an error and as many
// bytes as are known to have left; if the file turns out to be shorter, that
// is io.ErrUnexpectedEOF. The file must be of a port of the same backend, and
// need not be associated. It must not be closed before the completion is
// dequeued, or that may be net.ErrClosed. What it reads, if somebody writes to
// that part of the file meanwhile, is anybody's guess.
//
// More bytes at once than an int counts are refused with ErrInvalid; that concerns
// 32-bit systems. A backend that can't answers ErrNotSupported.
func (s *Socket) SendFile(op *Op, f *File, off, n int64) error {
	return s.fault("send", s.sendFile(op, f, off, n))
}

// toEnd, as the number of bytes to be sent, is more than there are: the file has
// an end, but doesn't tell where.
const toEnd = math.MaxInt

// fileSent is the error of a SendFile that is over.
func fileSent(d *driver.Op) error {
	if d.Want() == toEnd && errors.Is(d.Err, io.ErrUnexpectedEOF) {
		return nil
	}
	return d.Err
}

func (s *Socket) sendFile(op *Op, f *File, off, n int64) error {
	sender, ok := s.stream().(driver.FileSender)
	switch {
	case !ok:
		return ErrNotSupported
	case f == nil || off < 0:
		return ErrInvalid
	case f.closed():
		return net.ErrClosed
	case !f.readable:
		return ErrAccess
	}
	if err := s.allows(driver.KindSend); err != nil {
		return err
	}
	if n < 0 {
		size, err := f.f.Size()
		if err != nil {
			return err
		}
		if n = max(size-off, 0); size == 0 {
			n = toEnd
		}
	}
	if n > math.MaxInt || n > math.MaxInt64-off {
		return ErrInvalid
	}
	err := s.start(op, driver.KindSendFile, func(d *driver.Op) error {
		d.SetFile(f.f, off, n)
		return sender.SendFile(d)
	})
	if err != nil {
		s.settle(driver.KindSendFile, err)
	}
	return err
}
