package driver

import "io/fs"

// FilePort is a Port that has files.
type FilePort interface {
	// OpenFile opens a file, not yet attached, with os.OpenFile's flags
	// except O_APPEND.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
}

// File is a file of a backend. It has no position: each operation carries its
// own (Op.Off), and several may be under way and end in any order.
//
// Cancel and Close reach the operations that wait. One that the system has
// begun can't always be stopped; then it completes with what it has done.
type File interface {
	Handle

	// ReadAt fills op.Bufs, which is one buffer. The end of the file may make
	// it short; nothing at all is io.EOF, unless nothing was asked for.
	ReadAt(op *Op) error

	// WriteAt writes op.Bufs, which is one buffer; a negative op.Off appends.
	WriteAt(op *Op) error

	Size() (int64, error)
}

// FileSender is a Stream that sends from files.
type FileSender interface {
	// SendFile sends op.Want bytes of op.File from op.Off on, in the order of
	// the stream's sends. If the file has less, that ends the operation with
	// io.ErrUnexpectedEOF.
	SendFile(op *Op) error
}

// PipePort is a Port that has pipes.
type PipePort interface {
	Pipe() (r, w PipeEnd, err error)
}

// PipeEnd is an end of a pipe. The end of the stream, when all writing ends
// are closed, is a transfer of no bytes; without a reading end a transfer
// fails with ErrBrokenPipe.
type PipeEnd interface {
	Handle

	// Transfer is a stream's Recv on a reading end and its Send on a writing
	// end, as op.Kind says.
	Transfer(op *Op) error
}
