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
	mu    sync.RWMutex
	pages []*page[T]
	used  int // places that have ever had an entry: the first so many
	free  []uint32
	n     int
}

// A page is so many places. There may be very many, so what a place consists of
// lies apart, and the table doesn't grow by a part of its size.
type page[T comparable] struct {
	vals [pageSize]T
	gens [pageSize]uint32 // 0: has never had an entry
}

const pageSize = 128

// at finds a place.
func (s *Slots[T]) at(i uint32) (val *T, gen *uint32) {
	p := s.pages[i/pageSize]
	return &p.vals[i%pageSize], &p.gens[i%pageSize]
}

// Add enters v and returns its token.
func (s *Slots[T]) Add(v T) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	i := s.vacant()
	val, gen := s.at(i)
	*val = v
	if *gen == 0 {
		*gen = 1
	}
	return token(i, *gen)
}

// vacant is a place without an entry: one that had one, or a new one.
func (s *Slots[T]) vacant() (i uint32) {
	if k := len(s.free); k > 0 {
		i = s.free[k-1]
		s.free = s.free[:k-1]
		return i
	}
	if s.used == len(s.pages)*pageSize {
		s.pages = append(s.pages, new(page[T]))
	}
	s.used++
	return uint32(s.used - 1)
}

// Get finds the entry of a token, or none when it has been removed since.
func (s *Slots[T]) Get(tok uint64) T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.get(tok)
}

func (s *Slots[T]) get(tok uint64) (none T) {
	if !s.has(tok) {
		return none
	}
	val, _ := s.at(uint32(tok))
	return *val
}

// has reports whether a token's entry is still there. No token has generation 0.
func (s *Slots[T]) has(tok uint64) bool {
	if int(uint32(tok)) >= s.used {
		return false
	}
	_, gen := s.at(uint32(tok))
	return *gen == uint32(tok>>32)
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

// Token is that of an entry that is there, by its index, the lower half of it.
func (s *Slots[T]) Token(index uint32) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, gen := s.at(index)
	return token(index, *gen)
}

// Remove takes the entry out; its token finds nothing from now on.
func (s *Slots[T]) Remove(tok uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.has(tok) {
		return
	}
	val, gen := s.at(uint32(tok))
	*val, *gen = *new(T), nextGen(*gen)
	s.free = append(s.free, uint32(tok))
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
	return s.some(make([]T, 0, s.n), 0, s.used)
}

// Some returns entries from a place on, of up to most places, and where to go on;
// 0 when the end is reached.
func (s *Slots[T]) Some(from, most int) (some []T, next int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	end := min(from+most, s.used)
	some = s.some(nil, from, end)
	if end == s.used {
		end = 0
	}
	return some, end
}

// some adds the entries of some places to a list.
func (s *Slots[T]) some(found []T, from, end int) []T {
	none := *new(T)
	for i := from; i < end; i++ {
		if val, _ := s.at(uint32(i)); *val != none {
			found = append(found, *val)
		}
	}
	return found
}

func token(i, gen uint32) uint64 { return uint64(gen)<<32 | uint64(i) }

// nextGen never yields 0, which is left for tokens that mean something else.
func nextGen(gen uint32) uint32 {
	if gen++; gen == 0 {
		gen = 1
	}
	return gen
}
