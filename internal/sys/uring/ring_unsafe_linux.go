package uring

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Ring is a mapped pair of rings. One goroutine at a time may use it.
type Ring struct {
	fd             int
	sqRing, cqRing []byte
	sqeMem         []byte

	sqTail, sqMask *uint32
	sqArray        []uint32
	sqes           []SQE

	cqHead, cqTail, cqMask *uint32
	cqes                   []CQE
}

// Setup makes a ring with at least entries submission entries.
func Setup(entries, flags uint32) (*Ring, error) {
	p := Params{Flags: flags}
	fd, _, e := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if e != 0 {
		return nil, e
	}
	r := &Ring{fd: int(fd)}
	if err := r.mmap(&p); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Ring) mmap(p *Params) (err error) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	sqSize := int(p.SQOff.Array + p.SQEntries*4)
	cqSize := int(p.CQOff.CQEs) + int(p.CQEntries)*int(unsafe.Sizeof(CQE{}))
	if r.sqRing, err = unix.Mmap(r.fd, offSQRing, sqSize, prot, flags); err != nil {
		return err
	}
	if r.cqRing, err = unix.Mmap(r.fd, offCQRing, cqSize, prot, flags); err != nil {
		return err
	}
	if r.sqeMem, err = unix.Mmap(r.fd, offSQEs, int(p.SQEntries)*int(unsafe.Sizeof(SQE{})), prot, flags); err != nil {
		return err
	}
	r.sqTail, r.sqMask = word(r.sqRing, p.SQOff.Tail), word(r.sqRing, p.SQOff.RingMask)
	r.sqArray = unsafe.Slice(word(r.sqRing, p.SQOff.Array), p.SQEntries)
	r.sqes = unsafe.Slice((*SQE)(unsafe.Pointer(&r.sqeMem[0])), p.SQEntries)
	r.cqHead, r.cqTail, r.cqMask = word(r.cqRing, p.CQOff.Head), word(r.cqRing, p.CQOff.Tail), word(r.cqRing, p.CQOff.RingMask)
	r.cqes = unsafe.Slice((*CQE)(unsafe.Pointer(&r.cqRing[p.CQOff.CQEs])), p.CQEntries)
	return nil
}

func word(ring []byte, off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&ring[off])) }

// Entries is how many submissions fit.
func (r *Ring) Entries() int { return len(r.sqes) }

// SQE gives the i-th entry behind the ones submitted so far, to be filled in
// before Submit. i must be below Entries.
func (r *Ring) SQE(i int) *SQE {
	slot := (*r.sqTail + uint32(i)) & *r.sqMask
	r.sqArray[slot] = slot
	return &r.sqes[slot]
}

// Submit hands the first n entries to the kernel and reports how many it took.
// The others are taken back: they may be filled in anew. With wait it returns
// only when so many completions are there. With long, the scheduler is told
// that the call may take a while.
func (r *Ring) Submit(n, wait int, long bool) (int, syscall.Errno) {
	calls.Count(calls.Enter)
	tail := *r.sqTail
	atomic.StoreUint32(r.sqTail, tail+uint32(n))
	flags := uintptr(0)
	if wait > 0 {
		flags = EnterGetEvents
	}
	var done uintptr
	var e syscall.Errno
	if long || wait > 0 {
		done, _, e = syscall.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(n), uintptr(wait), flags, 0, 0)
	} else {
		done, _, e = syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(n), uintptr(wait), flags, 0, 0)
	}
	if e != 0 {
		done = 0
	}
	// The kernel reads the tail only inside the call above, so what it left
	// can be withdrawn.
	atomic.StoreUint32(r.sqTail, tail+uint32(done))
	return int(done), e
}

// Reap calls f for every completion that is there and reports how many.
func (r *Ring) Reap(f func(CQE)) int {
	head, n := *r.cqHead, 0
	for tail := atomic.LoadUint32(r.cqTail); head != tail; head++ {
		f(r.cqes[head&*r.cqMask])
		n++
	}
	atomic.StoreUint32(r.cqHead, head)
	return n
}

// Supports asks the kernel for operations and reports whether it has all.
func (r *Ring) Supports(ops ...uint8) (bool, error) {
	p := new(probe)
	_, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), RegisterProbe, uintptr(unsafe.Pointer(p)), uintptr(len(p.Ops)), 0, 0)
	runtime.KeepAlive(p)
	if e != 0 {
		return false, e
	}
	for _, op := range ops {
		const supported = 1
		if op > p.LastOp || p.Ops[op].Flags&supported == 0 {
			return false, nil
		}
	}
	return true, nil
}

// Close unmaps and closes the ring.
func (r *Ring) Close() {
	for _, m := range [][]byte{r.sqRing, r.cqRing, r.sqeMem} {
		if m != nil {
			unix.Munmap(m)
		}
	}
	unix.Close(r.fd)
}

// Buffer points the entry at b. The caller keeps b reachable until the entry's
// completion has been reaped.
func (s *SQE) Buffer(b []byte) {
	s.Addr, s.Len = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))), uint32(len(b))
}

// Message points the entry at m, on the same condition.
func (s *SQE) Message(m *unix.Msghdr) {
	s.Addr, s.Len = uint64(uintptr(unsafe.Pointer(m))), 1
}
