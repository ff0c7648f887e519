package driver

import "unsafe"

// Outer is the struct of which an Op is the first field, for Ops that lie at the
// beginning of such a struct: their users know which do. An interface in each Op
// that leads there would be two words more.
func Outer[T any](op *Op) *T { return (*T)(unsafe.Pointer(op)) }
