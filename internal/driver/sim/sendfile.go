package sim

import (
	"io"

	"iocp/internal/driver"
)

// SendFile implements driver.FileSender. It is a send whose bytes are read from
// the file piece by piece, as they leave.
func (s *stream) SendFile(op *driver.Op) error {
	if _, ok := op.File().(*file); !ok {
		return driver.ErrInvalid
	}
	return s.submit(&s.send, op)
}

// filePiece reads the next n bytes of a SendFile, or what there is of them.
func (s *stream) filePiece(op *driver.Op, n int) ([]byte, error) {
	data := make([]byte, n)
	n, err := op.File().(*file).disk.Fill(data, op.Off()+int64(op.N))
	switch {
	case err == io.EOF:
		return nil, io.ErrUnexpectedEOF
	case err == nil && s.chance.strikes(rarelyBadDisk):
		err = errBadDisk
	}
	return data[:n], err
}
