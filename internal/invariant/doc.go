// Package invariant is what a checked build (-race, or -tags invariants) has
// more than others: memory that changes hands is filled with junk, bytes on
// loan are watched, and what is found wrong is a panic that tells the history
// of the operation or buffer. In other builds its types have no size and its
// functions do nothing, at no cost; a struct must not end with one of them,
// since Go pads a struct whose last field has no size.
package invariant

// Event is something that happened to an operation or a buffer. The place in
// the program is added when it is noted.
type Event struct {
	What string
	Kind string // of the operation, where that isn't known yet
	N    int    // bytes
	Err  error
}
