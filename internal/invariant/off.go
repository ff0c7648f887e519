//go:build !race && !invariants

package invariant

// Enabled reports whether this is a checked build.
const Enabled = false

// Poison does nothing in this build.
func Poison([]byte) {}

// History has no size in this build, and keeps nothing.
type History struct{}

// Begin does nothing in this build.
func (*History) Begin(Event) {}

// Note does nothing in this build.
func (*History) Note(Event) {}

// Moved finds nothing in this build.
func (*History) Moved() bool { return false }

// Fail panics with what is wrong.
func (*History) Fail(wrong string) { panic("iocp: " + wrong) }

// Loan has no size in this build, and watches nothing.
type Loan struct{}

// NewLoan makes one.
func NewLoan(string, func() bool) Loan { return Loan{} }

// Begin does nothing in this build.
func (Loan) Begin(*History) {}

// Over does nothing in this build.
func (Loan) Over() {}

// Sum has no size in this build, and holds nothing.
type Sum struct{}

// Take does nothing in this build.
func (*Sum) Take([][]byte) {}

// Changed finds nothing in this build.
func (*Sum) Changed() bool { return false }

// Drop does nothing in this build.
func (*Sum) Drop() {}

// Mark has no size in this build, and can always be set.
type Mark struct{}

// Set always succeeds in this build.
func (*Mark) Set() bool { return true }

// Clear does nothing in this build.
func (*Mark) Clear() {}

// Walk does nothing in this build.
func Walk(int) {}

// Walked is 0 in this build.
func Walked() int64 { return 0 }
