package porttest

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Allocations counts the objects that the library's code allocates, and that of
// the programs in its tree, place by place. What else goes on in the process
// doesn't count: neither what the Go runtime keeps for itself, such as its records
// of waiting goroutines, nor what other modules do, unless the library called them.
//
// It reads the runtime's memory profile, so that the program has to set
// runtime.MemProfileRate to 1 first thing in main. A stack of that profile ends
// after 32 calls: below more of others' calls, ours aren't seen.
type Allocations struct {
	Except []string // functions, as in "iocp.New", whose allocations don't count

	module string // whose code counts; the library's if empty
	seen   map[string]int64
}

// libraryModule is the library's module path, which a fork may have changed.
var libraryModule = strings.TrimSuffix(reflect.TypeFor[Allocations]().PkgPath(), "/porttest")

// Grown returns how many objects were allocated since the last call, and where:
// the places with the most, for a reader.
func (a *Allocations) Grown() (n int64, places string) {
	now := a.count()
	grown := maps.Clone(now)
	for place, before := range a.seen {
		grown[place] -= before
	}
	a.seen = now
	maps.DeleteFunc(grown, func(_ string, n int64) bool { return n == 0 })
	most := slices.SortedFunc(maps.Keys(grown), func(x, y string) int { return cmp.Compare(grown[y], grown[x]) })
	var text []string
	for i, place := range most {
		n += grown[place]
		if i < 5 {
			text = append(text, fmt.Sprintf("%d at %s", grown[place], place))
		}
	}
	return n, strings.Join(text, ", ")
}

// count adds up the profile. The profile is as of the collection before the
// last one (runtime.MemProfile).
func (a *Allocations) count() map[string]int64 {
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 1024)
	n, ok := runtime.MemProfile(records, true)
	for !ok {
		records = make([]runtime.MemProfileRecord, 2*n)
		n, ok = runtime.MemProfile(records, true)
	}
	found := map[string]int64{}
	for _, r := range records[:n] {
		if place := a.place(r.Stack()); place != "" {
			found[place] += r.AllocObjects
		}
	}
	return found
}

// place is the innermost place of the module's code on a stack, if there is one. What is allocated by counting is nobody's.
func (a *Allocations) place(stack []uintptr) (found string) {
	module := cmp.Or(a.module, libraryModule)
	frames := runtime.CallersFrames(stack)
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case slices.Contains(a.Except, f.Function), f.Function == "runtime.acquireSudog", strings.HasSuffix(f.Function, "porttest.(*Allocations).Grown"):
			return ""
		case found == "" && (strings.HasPrefix(f.Function, module+".") || strings.HasPrefix(f.Function, module+"/")):
			found = fmt.Sprintf("%s (%s:%d)", f.Function, path.Base(f.File), f.Line)
		}
	}
	return found
}

// allocationRounds bounds how long AllocateNothing waits for a steady state.
const allocationRounds = 6

// refill is what a round may allocate whatever it does: counting collects garbage,
// which empties the pools.
const refill = 200

// AllocateNothing fails the test unless one round of messages, of a few rounds,
// takes less than one allocation for each thousand of them, and what fills the
// pools again. The first rounds let pools grow, to the greatest number of things
// that are ever in use at once. round handles messages and returns how many; grown
// is Allocations.Grown, in this process or another.
func AllocateNothing(t *testing.T, round func() int, grown func() (int64, string)) {
	t.Helper()
	round()
	grown()
	for range allocationRounds {
		messages := round()
		n, places := grown()
		t.Logf("%d allocations in %d messages: %s", n, messages, places)
		if n < int64(messages/1000)+refill || t.Failed() {
			return
		}
	}
	t.Error("no round allocated less than once in a thousand messages")
}
