package driver

import "unsafe"

// Outer is the struct that begins with the given field, for users who know that it
// is the first field of a T. An interface that leads there would be two words more
// in each operation, and in each handle.
func Outer[T, F any](first *F) *T { return (*T)(unsafe.Pointer(first)) }
