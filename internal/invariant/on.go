//go:build race || invariants

package invariant

import "hash/maphash"

// Enabled reports whether this is a checked build.
const Enabled = true

// junk is what nobody would send on purpose; it reads as "dead" in a dump.
var junk = func() (page [4096]byte) {
	for i := range page {
		page[i] = [...]byte{0xde, 0xad}[i&1]
	}
	return page
}()

// watchedMax is how much of a buffer a checked build looks after, at its front.
// All of one that is larger would cost more than it is worth.
const watchedMax = 1 << 20

func watched(b []byte) []byte { return b[:min(len(b), watchedMax)] }

// Poison overwrites b, so that whoever still reads it finds out, and so that
// the race detector sees a write by the side that gives the buffer away.
func Poison(b []byte) {
	for b = watched(b); len(b) > 0; {
		b = b[copy(b, junk[:]):]
	}
}

// Sum tells whether bytes on loan have changed. The zero value is ready, and
// holds nothing.
type Sum struct {
	held [][]byte // headers of its own: a backend may use up those of the op
	sum  uint64
}

var seed = maphash.MakeSeed()

// Take begins to watch bufs.
func (s *Sum) Take(bufs [][]byte) {
	s.Drop()
	s.held = append(s.held, bufs...)
	s.sum = s.compute()
}

// Changed reports whether the bytes aren't those of the last Take any more.
func (s *Sum) Changed() bool { return len(s.held) > 0 && s.compute() != s.sum }

// Drop ends the watch and keeps none of the memory.
func (s *Sum) Drop() {
	clear(s.held)
	s.held = s.held[:0]
}

// compute copies the bytes piece by piece because the race detector, which
// can't see into a hash function, sees a copy: it then names both sides.
func (s *Sum) compute() uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var piece [512]byte
	for _, b := range s.held {
		for b = watched(b); len(b) > 0; {
			n := copy(piece[:], b)
			h.Write(piece[:n])
			b = b[n:]
		}
	}
	return h.Sum64()
}

// Mark is a flag that only one may set at a time. It is not safe for
// concurrent use.
type Mark struct{ set bool }

// Set sets the mark and reports whether it was clear.
func (m *Mark) Set() bool {
	was := m.set
	m.set = true
	return !was
}

// Clear clears the mark.
func (m *Mark) Clear() { m.set = false }
