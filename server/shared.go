package server

import (
	"sync"
	"sync/atomic"
)

// Shared is an immutable message that many connections may have queued at the
// same time: encoded once, copied never. It is counted by reference. [Share]
// gives the caller one reference; each connection that queues the message
// takes its own, and drops it when the kernel has given the bytes back. The
// last Release recycles the memory.
//
//	s := server.Share(line)
//	for _, c := range members {
//		c.TrySendShared(s)
//	}
//	s.Release()
type Shared struct {
	data  []byte
	refs  atomic.Int32
	class int8 // which pool it came from, or noClass

	// growing marks a connection's own chunk: more may be appended to it
	// until it is sent. No other than that connection refers to it.
	growing bool
}

// The chunks that messages are kept in come in few sizes, so that each size's
// pool is in steady use. Beyond the largest, memory is left to the collector.
var (
	classSizes = [...]int{1 << 10, 4 << 10, 16 << 10, 64 << 10}
	chunks     [len(classSizes)]sync.Pool
)

const noClass = -1

// Share makes a message of a copy of data. The caller has one reference, to be
// given up with Release.
func Share(data []byte) *Shared {
	s := newChunk(len(data))
	s.data = append(s.data, data...)
	return s
}

// Bytes is the message. It must not be written to, nor be read after the
// caller's reference has been released.
func (s *Shared) Bytes() []byte { return s.data }

// Retain takes one more reference. The caller must have one already.
func (s *Shared) Retain() {
	if s.refs.Add(1) < 2 {
		panic("server: Shared retained after its last Release")
	}
}

// Release gives up one reference. Any goroutine may call it. Releasing more
// references than were taken panics where it is noticed.
func (s *Shared) Release() {
	n := s.refs.Add(-1)
	if n < 0 {
		panic("server: Shared released too often")
	}
	if n > 0 || s.class == noClass {
		return
	}
	s.data, s.growing = s.data[:0], false
	chunks[s.class].Put(s)
}

// newChunk takes an empty chunk with room for size bytes.
func newChunk(size int) *Shared {
	for class, room := range classSizes {
		if size > room {
			continue
		}
		s, _ := chunks[class].Get().(*Shared)
		if s == nil {
			s = &Shared{data: make([]byte, 0, room), class: int8(class)}
		}
		s.refs.Store(1)
		return s
	}
	s := &Shared{data: make([]byte, 0, size), class: noClass}
	s.refs.Store(1)
	return s
}

// fill appends as much of data as there is room for, and says how much.
func (s *Shared) fill(data []byte) int {
	n := min(len(data), cap(s.data)-len(s.data))
	s.data = append(s.data, data[:n]...)
	return n
}
