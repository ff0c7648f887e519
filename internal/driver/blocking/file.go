package blocking

import (
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"

	"iocp/internal/driver"
)

// File is a file whose operations a pool carries out. It implements
// driver.File and io.ReaderAt. The life of an operation:
//
//	queued -> busy  a goroutine of the pool has taken it
//	queued -> done  cancelled or closed
//	busy   -> done  the system has done it; nothing stops that (C133)
//
// The system's file is closed by whoever is last: Close, or the last call
// under way.
type File struct {
	os *os.File

	mu      sync.Mutex
	threads *Pool // nil until attached
	ops     driver.List
	busy    []*driver.Op
	closed  bool

	appending sync.Mutex // held for an append that takes two calls
}

// Open opens a file (see driver.FilePort).
func Open(name string, flag int, perm fs.FileMode) (*File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, sysError(err)
	}
	return &File{os: f}, nil
}

// OS is the file as the system has it. It may be closed at any time, which is
// what package os is prepared for.
func (f *File) OS() *os.File { return f.os }

// Attach implements driver.Handle.
func (f *File) Attach(to driver.Port) error {
	host, ok := to.(Host)
	if !ok {
		return driver.ErrInvalid
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return net.ErrClosed
	}
	if err := host.Threads().add(f); err != nil {
		return err
	}
	f.threads = host.Threads()
	return nil
}

// ReadAt implements driver.File.
func (f *File) ReadAt(op *driver.Op) error { return f.submit(op) }

// WriteAt implements driver.File.
func (f *File) WriteAt(op *driver.Op) error { return f.submit(op) }

func (f *File) submit(op *driver.Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return net.ErrClosed
	}
	f.ops.Push(op)
	f.threads.Do(f)
	return nil
}

// Do implements Job: it carries out the file's oldest operation, of which there
// is none if it was cancelled.
func (f *File) Do() {
	f.mu.Lock()
	op := f.ops.Pop()
	if op == nil {
		f.mu.Unlock()
		return
	}
	f.busy = append(f.busy, op)
	f.mu.Unlock()

	n, err := f.move(op)

	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.busy, op)
	f.busy = slices.Delete(f.busy, i, i+1)
	f.finish(op, n, err)
	f.release()
}

// move carries op out. The file's descriptor stays open meanwhile: release sees
// to it.
func (f *File) move(op *driver.Op) (int, error) {
	buf := op.Bufs()[0]
	switch {
	case !op.Kind.Outward():
		n, err := f.os.ReadAt(buf, op.Off())
		if n > 0 && err == io.EOF {
			err = nil // C130
		}
		return n, err
	case op.Off() < 0:
		return f.append(buf)
	}
	return f.os.WriteAt(buf, op.Off())
}

// appendBySize appends where the system has no call that does. Two appends of
// this file can't meet; somebody else's may.
func (f *File) appendBySize(b []byte) (int, error) {
	f.appending.Lock()
	defer f.appending.Unlock()
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	return f.os.WriteAt(b, size)
}

func (f *File) finish(op *driver.Op, n int, err error) {
	op.N, op.Err = n, sysError(err)
	f.threads.sink.Complete(op, nil, nil)
}

// Cancel implements driver.Handle.
func (f *File) Cancel(op *driver.Op) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ops.Remove(op) {
		f.finish(op, 0, driver.ErrAborted)
		return true
	}
	return slices.Contains(f.busy, op)
}

// CancelAll implements driver.Handle.
func (f *File) CancelAll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.ops.Len() + len(f.busy)
	f.giveUp(driver.ErrAborted)
	return n
}

// giveUp ends what nobody works on. The lock is held.
func (f *File) giveUp(err error) {
	for op := f.ops.Pop(); op != nil; op = f.ops.Pop() {
		f.finish(op, 0, err)
	}
}

// Close implements driver.Handle.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	f.giveUp(net.ErrClosed)
	if f.threads != nil {
		f.threads.remove(f)
	}
	return f.release()
}

// release closes the file of a closed File that nobody uses. The lock is held.
func (f *File) release() error {
	if !f.closed || len(f.busy) > 0 {
		return nil
	}
	return sysError(f.os.Close())
}

// Size implements driver.File.
func (f *File) Size() (int64, error) {
	st, err := f.os.Stat()
	if err != nil {
		return 0, sysError(err)
	}
	return st.Size(), nil
}

// LocalAddr implements driver.Handle: a file has no address.
func (f *File) LocalAddr() netip.AddrPort { return netip.AddrPort{} }

// CarryOut carries op out on the caller's goroutine, for a port without a pool.
// Nobody may close the file meanwhile.
func (f *File) CarryOut(op *driver.Op) (int, error) {
	n, err := f.move(op)
	return n, sysError(err)
}

// Fill reads len(b) bytes from off on, or as many as there are, on the
// caller's goroutine. It fails only when it reads nothing.
func (f *File) Fill(b []byte, off int64) (int, error) {
	n, err := f.os.ReadAt(b, off)
	if n > 0 {
		return n, nil
	}
	return 0, sysError(err)
}
