package porttest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"iocp"
)

// Files: C46, C127 to C131.

// needFiles skips the clause on a backend without files.
func (t *trial) needFiles(err error) {
	t.Helper()
	if errors.Is(err, iocp.ErrNotSupported) {
		t.Skipf("capability: %v", err)
	}
	t.must(err)
}

// looseFile opens a new file with the given content, without a port.
func (d *fixture) looseFile(content []byte, flag int) *iocp.File {
	d.t.Helper()
	name := filepath.Join(d.t.TempDir(), "file")
	d.t.must(os.WriteFile(name, content, 0o600))
	f, err := d.port.OpenFile(name, flag, 0)
	d.t.needFiles(err)
	d.t.own(f)
	return f
}

// file opens one for reading and writing, and associates it.
func (d *fixture) file(key any, content []byte) *iocp.File {
	d.t.Helper()
	f := d.looseFile(content, os.O_RDWR)
	d.t.must(d.port.Associate(f, key))
	return f
}

func (t *trial) readAt(f *iocp.File, op *iocp.Op, buf []byte, off int64) {
	t.Helper()
	t.begin(op, func() error { return f.ReadAt(op, buf, off) })
}

func (t *trial) writeAt(f *iocp.File, op *iocp.Op, buf []byte, off int64) {
	t.Helper()
	t.begin(op, func() error { return f.WriteAt(op, buf, off) })
}

// holds checks what the file contains by now, by other means.
func (t *trial) holds(f *iocp.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Name())
	t.must(err)
	t.must(compare(got, want))
	size, err := f.Size()
	if err != nil || size != int64(len(want)) {
		t.Fatalf("Size is %d and error %v, want %d", size, err, len(want))
	}
}

// fileOffsets has writes of all pieces of a file pending at once, the last
// piece first, and then reads of them, each piece twice: no operation moves a
// position that another would start from.
func fileOffsets(t *trial) {
	const pieces, size = 32, 1000
	f := t.file("file", nil)
	data := pattern(pieces * size)
	var ops [2 * pieces]iocp.Op
	for i := pieces - 1; i >= 0; i-- {
		t.writeAt(f, &ops[i], data[i*size:(i+1)*size], int64(i*size))
	}
	for range pieces {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "file", n: size})
	}
	t.holds(f, data)

	got := make([]byte, 2*len(data))
	for i := range ops {
		t.readAt(f, &ops[i], got[i*size:(i+1)*size], int64(i%pieces*size))
	}
	for range ops {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "file", n: size})
	}
	t.must(compare(got, slices.Concat(data, data)))
}

// fileHole writes behind the end, which leaves zeros in between.
func fileHole(t *trial) {
	f := t.file("file", []byte("ab"))
	var op iocp.Op
	t.writeAt(f, &op, []byte("yz"), 4)
	t.expect(packet{op: &op, key: "file", n: 2})
	t.holds(f, []byte("ab\x00\x00yz"))
}

// fileAppend has appends pending at once. In whichever order they come, each is
// whole and none is on top of another.
func fileAppend(t *trial) {
	const appends, size = 64, 4
	f := t.file("file", []byte("head"))
	var ops [appends]iocp.Op
	want := map[string]bool{"head": true}
	for i := range ops {
		record := []byte{'r', byte(i), byte(i >> 4), '\n'}
		want[string(record)] = true
		t.writeAt(f, &ops[i], record, iocp.AtEnd)
	}
	for range ops {
		c := t.next()
		t.check(c, packet{op: c.Op, key: "file", n: size})
	}
	got, err := os.ReadFile(f.Name())
	t.must(err)
	if len(got) != size*len(want) || string(got[:size]) != "head" {
		t.Fatalf("the file has %d bytes and begins with %q, want %d and %q", len(got), head(got), size*len(want), "head")
	}
	for record := range slices.Chunk(got, size) {
		if !want[string(record)] {
			t.Fatalf("%q isn't a record, or not for the first time", record)
		}
		delete(want, string(record))
	}
}

// appendFlag opens a file for appending only, which one of the systems makes of
// every write then, whatever its offset says.
func appendFlag(t *trial) {
	f := t.looseFile(nil, os.O_RDWR)
	_, err := t.port.OpenFile(f.Name(), os.O_WRONLY|os.O_APPEND, 0)
	t.refused(err, iocp.ErrInvalid)
}

// readAtEnd reads at the end of a file and behind it.
func readAtEnd(t *trial) {
	f, empty := t.file("file", []byte("abc")), t.file("empty", nil)
	var op iocp.Op
	for range 2 { // it isn't reported once only
		for _, off := range []int64{3, 4, 1 << 20} {
			t.readAt(f, &op, make([]byte, 8), off)
			t.expect(packet{op: &op, key: "file", err: io.EOF})
		}
		t.readAt(empty, &op, make([]byte, 8), 0)
		t.expect(packet{op: &op, key: "empty", err: io.EOF})
	}
	t.quiet()

	t.writeAt(empty, &op, []byte("more"), 0)
	t.expect(packet{op: &op, key: "empty", n: 4})
	t.readAt(empty, &op, make([]byte, 8), 0)
	t.expect(packet{op: &op, key: "empty", n: 4})
}

// readAcrossEnd asks for more than there is, and for nothing.
func readAcrossEnd(t *trial) {
	f := t.file("file", []byte("abcdef"))
	var op iocp.Op
	buf := make([]byte, 8)
	t.readAt(f, &op, buf, 2)
	t.expect(packet{op: &op, key: "file", n: 4})
	t.must(compare(buf[:4], []byte("cdef")))
	for _, off := range []int64{0, 6, 7} {
		t.readAt(f, &op, nil, off)
		t.expect(packet{op: &op, key: "file"})
		t.readAt(f, &op, buf[:0], off)
		t.expect(packet{op: &op, key: "file"})
	}
	t.writeAt(f, &op, nil, 3)
	t.expect(packet{op: &op, key: "file"})
	t.holds(f, []byte("abcdef"))
}

// filePackets reads what the system has in memory, which may be over at once:
// one packet each time.
func filePackets(t *trial) {
	f := t.file("file", pattern(4096))
	var op iocp.Op
	buf := make([]byte, 4096)
	for range 100 {
		t.readAt(f, &op, buf, 0)
		t.expect(packet{op: &op, key: "file", n: len(buf)})
		t.refused(f.Cancel(&op), iocp.ErrNotFound)
	}
	t.must(compare(buf, pattern(4096)))
	t.quiet()
}

// fileRefused starts what a file can't be asked for. None has a packet.
func fileRefused(t *trial) {
	loose := t.looseFile([]byte("abc"), os.O_RDWR)
	f := t.file("file", nil)
	r, w := t.looseFile(nil, os.O_RDONLY), t.looseFile(nil, os.O_WRONLY)
	t.must(t.port.Associate(r, "reading"))
	t.must(t.port.Associate(w, "writing"))
	buf := make([]byte, 8)
	for _, c := range []struct {
		name  string
		start func(*iocp.Op) error
		class error
	}{
		{"read without port", func(op *iocp.Op) error { return loose.ReadAt(op, buf, 0) }, iocp.ErrNotAssociated},
		{"write without port", func(op *iocp.Op) error { return loose.WriteAt(op, buf, 0) }, iocp.ErrNotAssociated},
		{"read before the file", func(op *iocp.Op) error { return f.ReadAt(op, buf, -1) }, iocp.ErrInvalid},
		{"write before the file", func(op *iocp.Op) error { return f.WriteAt(op, buf, -2) }, iocp.ErrInvalid},
		{"read what is for writing", func(op *iocp.Op) error { return w.ReadAt(op, buf, 0) }, iocp.ErrAccess},
		{"write what is for reading", func(op *iocp.Op) error { return r.WriteAt(op, buf, 0) }, iocp.ErrAccess},
	} {
		var op iocp.Op
		if err := t.attempt(&op, func() error { return c.start(&op) }); err == nil || op.Pending() {
			t.Fatalf("%s: accepted", c.name)
		} else {
			t.refused(err, c.class)
		}
	}
	_, err := t.port.OpenFile(f.Name()+".none", os.O_RDONLY, 0)
	t.refused(err, os.ErrNotExist)
	_, err = t.port.OpenFile(f.Name(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	t.refused(err, os.ErrExist)
	t.quiet()
}
