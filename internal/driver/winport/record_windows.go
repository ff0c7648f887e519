package winport

import (
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// state is where an accepted operation is. The ways through it:
//
//	queued -> inKernel -> done             most
//	inKernel -> queued                     to be asked for again
//	inKernel -> starved -> done or queued  RecvPooled without a buffer
//	queued, starved -> done                cancelled or closed
type state uint8

const (
	queued   state = iota // waits for those before it
	inKernel              // the kernel holds the record: one packet will come
	starved               // there is data, but no buffer for it
	done                  // the result is set; it waits to be reported in order
)

// buffersMax is how many buffers one WSARecv or WSASend may be given, since Wine
// passes them on to one sendmsg (IOV_MAX). A longer send, or one of more than
// driver.TransferMax bytes, is made in several requests.
const buffersMax = 1024

// record is the backend's part of one operation. It is guarded by its owner's
// mutex, and so is the operation while the record has it.
type record struct {
	ov     windows.Overlapped // first: the kernel names a record by its address
	inline [2]windows.WSABuf
	bufs   []windows.WSABuf
	flags  uint32 // WSARecv's, in and out
	got    uint32 // out parameter of calls that want one

	state    state
	alone    bool // nothing of its direction may be in the kernel beside it
	canceled bool
	pins     runtime.Pinner // what the kernel was given, other than the record

	owner owner // nil while the record is free
	op    *driver.Op
	next  *record // in the list of free ones

	// Of accepts only.
	many  *standing      // the AcceptMany that the record serves
	conn  windows.Handle // the socket to be connected
	addrs *[2 * win.AddrRoom]byte

	ends *ends // of datagrams only
	part *part // of a SendFile only
}

// owner is the socket or listener that a record serves.
type owner interface {
	driver.Handle
	// packet says that the kernel has given the record back, to the poller that
	// has dequeued its packet.
	packet(r *record, n int, by *poller)
}

// load describes to the kernel the first bytes of bufs, so many at most.
func (r *record) load(bufs [][]byte, bytes int) {
	if r.bufs == nil {
		r.bufs = r.inline[:0]
	}
	r.bufs = r.bufs[:0]
	for _, b := range bufs {
		if b = b[:min(len(b), bytes)]; len(b) > 0 {
			r.pins.Pin(&b[0])
			r.bufs = append(r.bufs, windows.WSABuf{Len: uint32(len(b)), Buf: &b[0]})
			bytes -= len(b)
		}
	}
	if len(r.bufs) == 0 {
		r.bufs = append(r.bufs, windows.WSABuf{})
	}
}

// unload forgets the buffers, after the kernel has.
func (r *record) unload() {
	r.pins.Unpin()
	clear(r.bufs)
	r.bufs = r.bufs[:0]
}

// goesOn reports whether the operation may be given to the kernel again when its
// packet is dequeued: such a packet doesn't mean that it is over.
func (r *record) goesOn() bool {
	switch r.op.Kind {
	case driver.KindRecvPooled, driver.KindRecvFrom, driver.KindSendFile:
		return true
	case driver.KindSend:
		return r.alone
	case driver.KindReadAt, driver.KindWriteAt:
		return r.op.Len() > driver.TransferMax
	case driver.KindAccept, driver.KindAcceptMany, driver.KindConnect, driver.KindRecv, driver.KindSendTo:
		return false
	default:
		panic(r.op.Kind.Misplaced())
	}
}

// status is how the kernel says the operation ended; 0 is success.
func (r *record) status() syscall.Errno {
	if r.ov.Internal == 0 {
		return 0
	}
	return windows.NTStatus(r.ov.Internal).Errno()
}

// end sets the operation's result.
func (r *record) end(n int, err error) {
	r.op.N, r.op.Err = n, err
	r.state = done
}

// slab holds a port's records. They stay where they are, pinned, as long as
// the port: the kernel may write to them. All methods may be called from any
// goroutine.
type slab struct {
	mu     sync.Mutex
	chunks []chunk
	free   *record
	pins   runtime.Pinner
}

// A chunk is as many records as there were before it, so that few chunks hold
// any number.
type chunk struct {
	base    uintptr
	records []record
}

const firstChunk = 64

// take makes a free record serve op.
func (s *slab) take(o owner, op *driver.Op) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == nil {
		s.grow()
	}
	r := s.free
	s.free, r.next = r.next, nil
	r.owner, r.op = o, op
	r.state, r.alone, r.canceled, r.many = queued, false, false, nil
	return r
}

func (s *slab) grow() {
	records := make([]record, firstChunk<<len(s.chunks))
	s.pins.Pin(&records[0])
	for i := range records {
		records[i].conn = windows.InvalidHandle
		records[i].next = s.free
		s.free = &records[i]
	}
	s.chunks = append(s.chunks, chunk{base: addressOf(&records[0]), records: records})
}

// put frees a record that the kernel doesn't hold.
func (s *slab) put(r *record) {
	if r.part != nil {
		r.part.giveBack()
		r.part = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.owner, r.op = nil, nil
	r.next, s.free = s.free, r
}

// find leads from the address in a packet to the record in use there, and to
// its owner. The address is compared, never followed: one that isn't a
// record's, or is that of a free record, finds nothing (C110).
func (s *slab) find(addr uintptr) (*record, owner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chunks {
		off := addr - c.base
		if addr < c.base || off >= recordSize*uintptr(len(c.records)) || off%recordSize != 0 {
			continue
		}
		r := &c.records[off/recordSize]
		if r.owner == nil {
			return nil, nil
		}
		return r, r.owner
	}
	return nil, nil
}

func (s *slab) unpin() { s.pins.Unpin() }

// abandoned are the slabs of ports that broke down and were closed with records
// in the kernel, which may write to them at any time from then on.
var abandoned struct {
	sync.Mutex
	slabs []*slab
}

// abandon keeps s, and what its records point to, for good.
func abandon(s *slab) {
	abandoned.Lock()
	defer abandoned.Unlock()
	abandoned.slabs = append(abandoned.slabs, s)
}
