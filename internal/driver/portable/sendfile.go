package portable

import (
	"io"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// sendFileChunk is how much of a file is in memory at a time.
const sendFileChunk = 64 << 10

// fileTrouble is an error of the file in a SendFile, which isn't the
// connection's.
type fileTrouble struct{ error }

// SendFile sends a part of a file, in its turn among the sends. Package net
// could have the system do it, but then from the file's own position, which
// operations share.
func (s *stream) SendFile(op *driver.Op) error {
	if _, ok := op.File().(*blocking.File); !ok {
		return driver.ErrInvalid
	}
	return s.submit(&s.send.lane, op)
}

// sendFile is transfer for a SendFile.
func (w *writer) sendFile(op *driver.Op) (int, error) {
	f := op.File().(*blocking.File)
	buf := make([]byte, min(op.Want(), sendFileChunk))
	sent := 0
	for rest := op.Want(); rest > 0; rest = op.Want() - int64(sent) {
		n, err := f.Fill(buf[:min(rest, int64(len(buf)))], op.Off()+int64(sent))
		if n == 0 {
			return sent, fileTrouble{shortened(err)}
		}
		n, err = w.s.conn.Write(buf[:n])
		sent += n
		w.gone.Store(int64(sent))
		if err != nil {
			return sent, err
		}
		if err := w.abandoned(op); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// abandoned says between two pieces that op need not go on.
func (w *writer) abandoned(op *driver.Op) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.verdict(op)
}

// shortened is what it means for a SendFile that a file has no more.
func shortened(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
