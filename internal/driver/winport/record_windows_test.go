package winport

import (
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// A packet's address leads to the record in use there and to nothing else.
func TestFindBelievesOnlyRecordsInUse(t *testing.T) {
	var s slab
	defer s.unpin()
	o := &Stream{}
	var recs []*record
	for range 5 * firstChunk {
		recs = append(recs, s.take(o, &driver.Op{}))
	}
	for i, r := range recs {
		if got, owner := s.find(addressOf(r)); got != r || owner != o {
			t.Fatalf("record %d isn't found", i)
		}
		if got, _ := s.find(addressOf(r) + 8); got != nil {
			t.Fatalf("an address inside record %d is taken for one", i)
		}
	}
	s.put(recs[3])
	for _, addr := range []uintptr{0, 1, addressOf(recs[3]), addressOf(&record{}), ^uintptr(0)} {
		if got, _ := s.find(addr); got != nil {
			t.Errorf("%#x is taken for a record", addr)
		}
	}
	if again := s.take(o, &driver.Op{}); again != recs[3] {
		t.Error("a free record isn't used again")
	}
}

// load describes the bytes that it is told to, once and in order.
func TestLoadDescribes(t *testing.T) {
	var r record
	defer r.unload()
	if r.load([][]byte{nil, {}}, 0); len(r.bufs) != 1 || r.bufs[0] != (windows.WSABuf{}) {
		t.Errorf("nothing is %v", r.bufs)
	}
	bufs := make([][]byte, buffersMax)
	for i := range bufs {
		bufs[i] = []byte{1, 2, 3}
	}
	r.load(bufs, 3*buffersMax)
	if len(r.bufs) != buffersMax || r.bufs[1].Len != 3 || r.bufs[1].Buf != &bufs[1][0] {
		t.Errorf("%d buffers, the second of %d bytes", len(r.bufs), r.bufs[1].Len)
	}
	r.unload()
	r.load(bufs, 4)
	if len(r.bufs) != 2 || r.bufs[0].Len != 3 || r.bufs[1].Len != 1 {
		t.Errorf("four bytes in %v", r.bufs)
	}
}
