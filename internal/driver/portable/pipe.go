package portable

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"iocp/internal/driver"
)

// pipeEnd is an end of a pipe: a handle with one lane.
type pipeEnd struct {
	handle
	lane
	file    *os.File
	started bool  // the lane's goroutine closes the file
	failure error // there is no reader any more

	// ahead holds a byte that was read only to learn that there is one. The
	// goroutine alone uses it.
	ahead [1]byte
	held  bool
}

// Pipe makes a pipe, where package os can break off what waits on one.
func (p *port) Pipe() (r, w driver.PipeEnd, err error) {
	rf, wf, err := os.Pipe()
	if err != nil {
		return nil, nil, sysError(err)
	}
	if err := rf.SetDeadline(time.Time{}); err != nil { // on Windows
		rf.Close()
		wf.Close()
		return nil, nil, driver.ErrNotSupported
	}
	return newPipeEnd(rf), newPipeEnd(wf), nil
}

func newPipeEnd(f *os.File) *pipeEnd {
	e := &pipeEnd{file: f}
	e.lane.h, e.lane.w = &e.handle, e
	return e
}

// Attach binds the end to p.
func (e *pipeEnd) Attach(p driver.Port) error { return e.attach(p, e) }

// Transfer takes an operation into the lane.
func (e *pipeEnd) Transfer(op *driver.Op) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return net.ErrClosed
	case e.failure != nil:
		return e.failure
	}
	if e.submit(op) {
		e.started = true
	}
	return nil
}

// Cancel gives up op if it is pending here.
func (e *pipeEnd) Cancel(op *driver.Op) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cancel(op)
}

// CancelAll gives up everything pending, in order.
func (e *pipeEnd) CancelAll() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cancelAll()
}

// Close closes the end: the goroutine does, when there is one.
func (e *pipeEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.markClosed(e) {
		return nil
	}
	if e.started {
		e.interrupt()
		return nil
	}
	return e.file.Close()
}

// LocalAddr is none.
func (e *pipeEnd) LocalAddr() netip.AddrPort { return netip.AddrPort{} }

func (e *pipeEnd) verdict(op *driver.Op) error {
	if err := e.handle.verdict(op); err != nil {
		return err
	}
	return e.failure
}

func (e *pipeEnd) transfer(op *driver.Op) (int, error) {
	if op.Kind.Outward() {
		return e.write(op.Bufs())
	}
	for _, b := range op.Bufs() {
		if len(b) > 0 {
			return e.read(b)
		}
	}
	return 0, e.look()
}

func (e *pipeEnd) write(bufs [][]byte) (total int, err error) {
	for _, b := range bufs {
		var n int
		if len(b) > 0 {
			n, err = e.file.Write(b)
		}
		if total += n; err != nil {
			break
		}
	}
	return total, err
}

// read fills the first buffer that can be filled: a receive may be short.
func (e *pipeEnd) read(b []byte) (int, error) {
	if e.held {
		b[0] = e.ahead[0]
		e.held = false
		return 1, nil
	}
	return e.file.Read(b)
}

// look waits until there is something to read, and leaves it to be read.
func (e *pipeEnd) look() error {
	if e.held {
		return nil
	}
	n, err := e.file.Read(e.ahead[:])
	e.held = n > 0
	return err
}

func (e *pipeEnd) settle(op *driver.Op, n int, err error) error {
	switch {
	case err == nil || err == io.EOF || n > 0 && !op.Kind.Outward():
		return nil
	case e.closed:
		return net.ErrClosed
	case op.Canceled && errors.Is(err, os.ErrDeadlineExceeded):
		return driver.ErrAborted
	}
	e.failure = classify(err, driver.PipeFailed)
	return e.failure
}

func (e *pipeEnd) setDeadline(t time.Time) error { return e.file.SetDeadline(t) }

func (e *pipeEnd) rest() bool {
	if e.closed {
		e.file.Close()
	}
	return e.closed
}
