package winport

import (
	"slices"
	"testing"

	"iocp/internal/driver"
)

// A stream takes no kind of operation that isn't a stream's for a receive.
func TestStreamKnowsItsKinds(t *testing.T) {
	transfers := []driver.Kind{driver.KindRecv, driver.KindRecvPooled, driver.KindSend, driver.KindSendFile, driver.KindRecvFrom, driver.KindSendTo}
	for k := driver.KindPost; k <= driver.KindTimer; k++ {
		if slices.Contains(transfers, k) {
			continue
		}
		r := &record{op: &driver.Op{Kind: k}}
		if !refused(k, func() { new(Stream).begin(r) }) {
			t.Errorf("%v is begun", k)
		}
		if k != driver.KindConnect && !refused(k, func() { new(Stream).over(r, 0, nil) }) {
			t.Errorf("%v passes for another kind when it is over", k)
		}
	}
}

// refused reports whether f panics since the kind has no place there.
func refused(k driver.Kind, f func()) (did bool) {
	defer func() { did = recover() == k.Misplaced() }()
	f()
	return false
}
