package winport

import (
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

// partSize is how much of a file is in memory for one SendFile at a time.
const partSize = 64 << 10

// part is a piece of a file between its disk and a socket. Reading it is a job for
// the port's pool of threads: a read may wait for the disk though it is overlapped
// ("Asynchronous disk I/O appears as synchronous on Windows"), and the file may
// belong to another port, or to none.
type part struct {
	stream *Stream
	record *record
	file   *File

	ov         windows.Overlapped
	event      windows.Handle
	have, gone int // bytes of data: read, and those sent of them
	data       [partSize]byte
}

var parts sync.Pool // of *part

func takePart() *part {
	if p, ok := parts.Get().(*part); ok {
		return p
	}
	p := new(part)
	// Without an event each read fails, and says why.
	p.event, _ = windows.CreateEvent(nil, 1, 0, nil)
	runtime.AddCleanup(p, func(event windows.Handle) { windows.CloseHandle(event) }, p.event)
	return p
}

func (p *part) giveBack() {
	p.stream, p.record, p.file = nil, nil, nil
	p.have, p.gone = 0, 0
	parts.Put(p)
}

// Do implements blocking.Job.
func (p *part) Do() {
	s, r, f := p.stream, p.record, p.file
	n, status := p.read(r.op.Off()+int64(r.op.N), r.op.Left())
	f.letGo()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.partRead(r, n, status)
}

// read reads and waits for it. The event's low bit keeps the packet from the port
// that the file is associated with (GetQueuedCompletionStatus).
func (p *part) read(off, left int64) (n int, status syscall.Errno) {
	p.ov = windows.Overlapped{Offset: uint32(off), OffsetHigh: uint32(off >> 32), HEvent: p.event | 1}
	var done uint32
	err := windows.ReadFile(p.file.sock, p.data[:min(left, partSize)], &done, &p.ov)
	if err == nil || err == windows.ERROR_IO_PENDING {
		err = windows.GetOverlappedResult(p.file.sock, &p.ov, &done, true)
	}
	if err != nil {
		status, _ = err.(syscall.Errno)
		return 0, status
	}
	return int(done), 0
}

// hold keeps the HANDLE from being closed; it reports whether the file is open.
func (f *File) hold() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.lent++
	}
	return !f.closed
}

// letGo undoes hold.
func (f *File) letGo() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lent--
	f.releaseLast()
}
