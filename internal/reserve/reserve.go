// Package reserve gives tests memory of any size that isn't there until it is
// touched: what is sent from it reads as zeros, and what is received into it
// takes no more than comes.
package reserve

import "errors"

// ErrHere says that this system has no such memory.
var ErrHere = errors.New("this system reserves no memory")

// Memory reserves size bytes. Whoever has them gives them back by free.
func Memory(size int) (b []byte, free func() error, err error) { return reserve(size) }
