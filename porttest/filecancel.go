package porttest

import (
	"net"
	"os"

	"iocp"
)

// Giving up operations on files: C133.

// fileCancel cancels writes of which some may be under way. Each is over once:
// not begun, or whole. The file can be used as before.
func fileCancel(t *trial) {
	f := t.file("file", nil)
	t.manyWrites(f, iocp.ErrAborted, func() {
		if err := f.CancelAll(); err != nil {
			t.refused(err, iocp.ErrNotFound) // they were too fast
		}
	})
	var op iocp.Op
	t.writeAt(f, &op, []byte("after"), 0)
	t.expect(packet{op: &op, key: "file", n: 5})
	t.refused(f.Cancel(&op), iocp.ErrNotFound)
	t.refused(f.CancelAll(), iocp.ErrNotFound)
}

// fileClose closes the file instead.
func fileClose(t *trial) {
	f := t.file("file", nil)
	t.manyWrites(f, net.ErrClosed, func() { t.must(f.Close()) })
	var op iocp.Op
	t.refused(f.ReadAt(&op, make([]byte, 8), 0), net.ErrClosed)
	t.refused(f.WriteAt(&op, make([]byte, 8), 0), net.ErrClosed)
	t.refused(f.Close(), net.ErrClosed)
	t.quiet()
}

// manyWrites has more writes pending than a system carries out at a time, does
// something about it, and checks that each write ends well, with its bytes in
// the file, or else with an error of the given class.
func (t *trial) manyWrites(f *iocp.File, class error, then func()) {
	t.Helper()
	size := t.volume(256<<10, 1<<10)
	data := pattern(size)
	var ops [64]iocp.Op
	offsets := map[*iocp.Op]int{}
	for i := range ops {
		offsets[&ops[i]] = i * size
		t.writeAt(f, &ops[i], data, int64(i*size))
	}
	then()
	for range ops {
		c := t.next()
		if c.Err != nil {
			t.check(c, packet{op: c.Op, key: "file", err: class})
			delete(offsets, c.Op)
			continue
		}
		t.check(c, packet{op: c.Op, key: "file", n: size})
	}
	t.quiet()
	written, err := os.ReadFile(f.Name())
	t.must(err)
	for _, at := range offsets {
		if len(written) < at+size {
			t.Fatalf("the file has %d bytes, and a write of %d at %d was successful", len(written), size, at)
		}
		t.must(compare(written[at:at+size], data))
	}
}
