//go:build race || invariants

package invariant

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

const (
	historyLen = 16 // events; an operation passes through about five per use
	depth      = 8  // of the call stacks kept: enough to get out of this library
)

// History is what has happened lately to one operation or buffer. The zero
// value is ready, and keeps nothing before Begin: what isn't lent to a kernel,
// such as a timer, has nothing to tell and needs no memory for it.
type History struct {
	mu    sync.Mutex // whoever uses a thing that isn't its own asks at any time
	ring  *[historyLen]entry
	count int
	self  *History
}

type entry struct {
	Event
	stack [depth]uintptr
}

// Begin notes the event with which a use begins.
func (h *History) Begin(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ring == nil {
		h.ring, h.self = new([historyLen]entry), h
	}
	h.add(e)
}

// Note notes a further event.
func (h *History) Note(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ring != nil {
		h.add(e)
	}
}

func (h *History) add(e Event) {
	at := &h.ring[h.count%historyLen]
	at.Event = e
	n := runtime.Callers(3, at.stack[:]) // from whoever called Begin or Note on
	clear(at.stack[n:])
	h.count++
}

// Moved reports whether the history has been copied from where it began.
func (h *History) Moved() bool { return h.self != nil && h.self != h }

// Fail panics with what is wrong, and with the history.
func (h *History) Fail(wrong string) {
	panic("iocp: " + wrong + "\n" + h.tell())
}

func (h *History) tell() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ring == nil {
		return "\tit has no history: it was never started, or it was overwritten"
	}
	told := []string{"\tits history, oldest first:"}
	for i := max(0, h.count-historyLen); i < h.count; i++ {
		told = append(told, h.ring[i%historyLen].String())
	}
	return strings.Join(told, "\n\t")
}

func (e *entry) String() string {
	told := e.What
	if e.Kind != "" {
		told = e.Kind + " " + told
	}
	told += fmt.Sprintf(", %d bytes", e.N)
	if e.Err != nil {
		told += fmt.Sprintf(", error: %v", e.Err)
	}
	return told + ": " + where(e.stack[:])
}

// root is the library's path, which a fork may have changed.
var root = strings.TrimSuffix(reflect.TypeFor[History]().PkgPath(), "/internal/invariant")

// where names the innermost place that isn't in a package every operation
// passes through: in the program that uses the library, or in a backend.
func where(stack []uintptr) string {
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		if !more || !onTheWay(f.Function) {
			return fmt.Sprintf("%s:%d (%s)", f.File, f.Line, f.Function)
		}
	}
}

func onTheWay(function string) bool {
	for _, room := range []string{"", "/internal/dispatch", "/internal/driver", "/internal/invariant"} {
		if strings.HasPrefix(function, root+room+".") {
			return true
		}
	}
	return false
}
