//go:build !race && !invariants

package server

import (
	"reflect"
	"testing"
)

// A server may have very many connections. Their sizes are those of Go's size
// classes, which one byte more would leave.
func TestConnSize(t *testing.T) {
	if size := reflect.TypeFor[Conn]().Size(); size > 128 && ^uint(0)>>32 != 0 {
		t.Errorf("a Conn has %d bytes, more than 128", size)
	}
}
