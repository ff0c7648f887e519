//go:build linux || darwin || freebsd

package readiness

import (
	"reflect"
	"testing"
)

// A server may have very many streams. Their sizes are those of Go's size classes,
// which one byte more would leave.
func TestStreamSizes(t *testing.T) {
	for typ, most := range map[reflect.Type]uintptr{
		reflect.TypeFor[stream]():    96,
		reflect.TypeFor[accepted6](): 112,
	} {
		if typ.Size() > most && ^uint(0)>>32 != 0 {
			t.Errorf("a %v has %d bytes, more than %d", typ, typ.Size(), most)
		}
	}
}
