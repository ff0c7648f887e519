package driver

import "sync"

// Slots is a table of what the kernel may name: an entry is addressed by an
// index and a generation, never by a pointer. An event that arrives for an
// entry since removed carries an old generation and finds nothing, so a reused
// descriptor can't receive what was meant for its predecessor (clause C110).
//
// Entries are pointers or interfaces; nil is none. The zero value is ready. All
// methods may be called from any goroutine.
type Slots[T comparable] struct {
	mu      sync.RWMutex
	entries []slot[T]
	free    []uint32
	n       int
}

type slot[T comparable] struct {
	val T
	gen uint32
}

// Add enters v and returns its token.
func (s *Slots[T]) Add(v T) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if k := len(s.free); k > 0 {
		i := s.free[k-1]
		s.free = s.free[:k-1]
		s.entries[i].val = v
		return token(i, s.entries[i].gen)
	}
	s.entries = append(s.entries, slot[T]{gen: 1, val: v})
	return token(uint32(len(s.entries)-1), 1)
}

// Get finds the entry of a token, or none when it has been removed since.
func (s *Slots[T]) Get(tok uint64) T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.get(tok)
}

func (s *Slots[T]) get(tok uint64) (val T) {
	i, gen := uint32(tok), uint32(tok>>32)
	if int(i) < len(s.entries) && s.entries[i].gen == gen {
		val = s.entries[i].val
	}
	return val
}

// GetAll is Get for each of some events. It appends what it finds to found.
func GetAll[T comparable, E any](s *Slots[T], found []T, events []E, tok func(*E) uint64) []T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range events {
		found = append(found, s.get(tok(&events[i])))
	}
	return found
}

// Remove takes the entry out; its token finds nothing from now on.
func (s *Slots[T]) Remove(tok uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, gen := uint32(tok), uint32(tok>>32)
	if int(i) >= len(s.entries) || s.entries[i].gen != gen {
		return
	}
	s.entries[i].val = *new(T)
	s.entries[i].gen = nextGen(gen)
	s.free = append(s.free, i)
	s.n--
}

// Len is the number of entries.
func (s *Slots[T]) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.n
}

// All returns the entries of this moment.
func (s *Slots[T]) All() []T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all, none := make([]T, 0, s.n), *new(T)
	for i := range s.entries {
		if v := s.entries[i].val; v != none {
			all = append(all, v)
		}
	}
	return all
}

// Some returns entries from a place on, of up to most places, and where to go on;
// 0 when the end is reached.
func (s *Slots[T]) Some(from, most int) (some []T, next int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	none, end := *new(T), min(from+most, len(s.entries))
	for i := from; i < end; i++ {
		if v := s.entries[i].val; v != none {
			some = append(some, v)
		}
	}
	if end == len(s.entries) {
		end = 0
	}
	return some, end
}

func token(i, gen uint32) uint64 { return uint64(gen)<<32 | uint64(i) }

// nextGen never yields 0, which is left for tokens that mean something else.
func nextGen(gen uint32) uint32 {
	if gen++; gen == 0 {
		gen = 1
	}
	return gen
}
