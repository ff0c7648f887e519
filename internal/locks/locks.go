// Package locks counts how often mutexes are taken, and where. Nothing of the
// library imports it. Its tests build an echo server: one in which it takes the place
// of sync's mutexes, with the overlay of go build, to hold how many acquisitions a
// message costs; and one with go build -cover, to hold how many files it passes.
package locks

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// Mutex is a sync.Mutex that counts.
type Mutex struct{ sync.Mutex }

// Lock counts, whether it has to wait or not.
func (m *Mutex) Lock() {
	count()
	m.Mutex.Lock()
}

// TryLock counts when it succeeds.
func (m *Mutex) TryLock() bool {
	ok := m.Mutex.TryLock()
	if ok {
		count()
	}
	return ok
}

// RWMutex is a sync.RWMutex that counts, readers too.
type RWMutex struct{ sync.RWMutex }

// Lock counts, whether it has to wait or not.
func (m *RWMutex) Lock() {
	count()
	m.RWMutex.Lock()
}

// RLock counts, whether it has to wait or not.
func (m *RWMutex) RLock() {
	count()
	m.RWMutex.RLock()
}

var places sync.Map // of program counters, to *atomic.Int64

// count counts for whoever calls the method that calls it.
func count() {
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	n, ok := places.Load(pc[0])
	if !ok {
		n, _ = places.LoadOrStore(pc[0], new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

// Counts is how many acquisitions there have been so far, by the function that
// made them, such as "server.(*Conn).TrySend".
func Counts() map[string]int64 {
	counts := map[string]int64{}
	places.Range(func(pc, n any) bool {
		frame, _ := runtime.CallersFrames([]uintptr{pc.(uintptr)}).Next()
		name := frame.Function[strings.LastIndex(frame.Function, "/")+1:]
		counts[name] += n.(*atomic.Int64).Load()
		return true
	})
	return counts
}
