package uring

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver/readiness"
	"iocp/internal/sys/uring"
)

const (
	// batchMin is how many transfers make the ring worth while: fewer are
	// cheaper by themselves (docs/decisions/0004).
	batchMin = 4

	// longMin is from how many bytes on a batch tells the scheduler that it
	// takes a while. Telling it costs more than a small batch does, and not
	// telling it holds up the garbage collector.
	longMin = 256 << 10

	// answerPause is between looks for the last answers of a ring that can't
	// be entered any more. The kernel posts them on the way out of any call.
	answerPause = 20 * time.Microsecond
)

// batcher carries out transfers through rings, as a vectored system call. It
// implements readiness.Exec.
type batcher struct {
	rings   []*ring
	without lacks                 // optional features that the rings haven't
	failed  atomic.Pointer[error] // why they are no longer used
}

// ringsMax is how many batches may be under way at a time. One may take half a
// millisecond; a worker that finds all rings taken waits.
const ringsMax = 2

// ring is an io_uring for one batch at a time.
type ring struct {
	mu   sync.Mutex // one batch at a time
	ring *uring.Ring
	cur  []readiness.Transfer // the batch being carried out
	vecs []*vec               // used by the vectored transfers of a batch
}

// vec is what a vectored request points at. The kernel reads it within the
// call, so it can be used again for the next batch.
type vec struct {
	msg unix.Msghdr
	iov [readiness.VecMax]unix.Iovec
}

func newBatcher() (*batcher, error) {
	b := &batcher{}
	for range min(ringsMax, runtime.GOMAXPROCS(0)) {
		r, without, err := setup()
		if err != nil && len(b.rings) == 0 {
			return nil, err
		}
		if err != nil {
			break // one is enough, if it must be
		}
		b.rings, b.without = append(b.rings, &ring{ring: r}), without
	}
	return b, nil
}

// Batches implements readiness.Exec.
func (b *batcher) Batches() bool { return b.failed.Load() == nil }

// Note implements readiness.Exec.
func (b *batcher) Note() string {
	if err := b.failed.Load(); err != nil {
		return fmt.Sprintf("io_uring failed after it had worked (%v): transfers are made by plain system calls since then", *err)
	}
	if len(b.without) > 0 {
		return "io_uring is used without " + strings.Join(b.without, ", ")
	}
	return ""
}

// Close implements readiness.Exec.
func (b *batcher) Close() {
	for _, r := range b.rings {
		r.ring.Close()
	}
}

// Do implements readiness.Exec.
//
// A ring that fails after it has worked costs nobody an operation: since none
// is pending in it, what it didn't do is done by plain calls.
func (b *batcher) Do(batch []readiness.Transfer) {
	if len(batch) < batchMin || b.failed.Load() != nil {
		direct(batch)
		return
	}
	r := b.take()
	defer r.mu.Unlock()
	for len(batch) > 0 {
		n, err := r.submit(batch[:min(len(batch), r.ring.Entries())])
		if err != nil {
			cause := err // err itself must not escape: that would allocate for every batch
			b.failed.Store(&cause)
			direct(batch[n:])
			return
		}
		batch = batch[n:]
	}
}

// take locks a ring.
func (b *batcher) take() *ring {
	for _, r := range b.rings {
		if r.mu.TryLock() {
			return r
		}
	}
	b.rings[0].mu.Lock()
	return b.rings[0]
}

func direct(batch []readiness.Transfer) {
	for i := range batch {
		batch[i].Call()
	}
}

// pending marks a transfer whose result hasn't been reaped.
const pending = syscall.Errno(1 << 20)

// submit carries out a batch that fits the ring. It reports how many of the
// batch, from the front, the kernel took; their results are set.
func (r *ring) submit(batch []readiness.Transfer) (int, error) {
	r.cur = batch
	defer func() { r.cur = nil }()
	bytes, vecs := 0, 0
	for i := range batch {
		bytes += r.fill(r.ring.SQE(i), &batch[i], uint64(i), &vecs)
	}
	n, errno := r.ring.Submit(len(batch), 0, bytes > longMin)
	for left := n; left > 0; {
		left -= r.ring.Reap(r.settle)
		if left > 0 { // the answers are due; don't come back without them
			if _, e := r.ring.Submit(0, left, true); e != 0 && e != unix.EINTR {
				errno = e // the ring is done for, but what it took it answers
				time.Sleep(answerPause)
			}
		}
	}
	for _, v := range r.vecs[:vecs] {
		*v = vec{} // keep nobody's buffers alive
	}
	if errno != 0 && errno != unix.EINTR && errno != unix.EAGAIN && errno != unix.EBUSY {
		return n, refusal("io_uring_enter", errno)
	}
	if n == 0 {
		direct(batch[:1]) // out of memory for requests, most likely: go on by hand
		n = 1
	}
	return n, nil
}

// settle takes a completion to its transfer.
func (r *ring) settle(c uring.CQE) {
	t := &r.cur[c.UserData]
	if c.Res < 0 {
		t.N, t.Errno = 0, syscall.Errno(-c.Res)
		return
	}
	t.N, t.Errno = int(c.Res), 0
}

// fill describes a transfer to the kernel and reports its size in bytes.
func (r *ring) fill(sqe *uring.SQE, t *readiness.Transfer, id uint64, vecs *int) int {
	*sqe = uring.SQE{Fd: int32(t.FD), UserData: id, MsgFlags: flags(t)}
	t.Errno = pending
	if t.Msg != nil {
		sqe.Opcode = choose(t, uring.OpSendmsg, uring.OpRecvmsg)
		sqe.Message(t.Msg.Header())
		return t.Msg.Len()
	}
	if len(t.Bufs) == 1 {
		sqe.Opcode = choose(t, uring.OpSend, uring.OpRecv)
		sqe.Buffer(t.Bufs[0][:t.Len])
		return t.Len
	}
	if *vecs == len(r.vecs) {
		r.vecs = append(r.vecs, new(vec))
	}
	v := r.vecs[*vecs]
	*vecs++
	v.msg.Iov = &v.iov[0]
	v.msg.SetIovlen(t.Gather(&v.iov))
	sqe.Opcode = choose(t, uring.OpSendmsg, uring.OpRecvmsg)
	sqe.Message(&v.msg)
	return t.Len
}

func choose(t *readiness.Transfer, send, recv uint8) uint8 {
	if t.Send {
		return send
	}
	return recv
}

// flags makes the kernel answer at once. O_NONBLOCK on the descriptor wouldn't:
// io_uring would wait for it to become ready.
func flags(t *readiness.Transfer) uint32 {
	switch {
	case t.Send:
		return unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	case t.Peek:
		return unix.MSG_DONTWAIT | unix.MSG_PEEK
	}
	return unix.MSG_DONTWAIT
}
