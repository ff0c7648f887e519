package sim_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"iocp/internal/driver"
	"iocp/internal/driver/sim"
)

// file opens a new file with the given content.
func (r *rig) file(content string) driver.File {
	r.Helper()
	name := filepath.Join(r.TempDir(), "file")
	r.must(os.WriteFile(name, []byte(content), 0o600))
	f, err := r.port.(driver.FilePort).OpenFile(name, os.O_RDWR, 0)
	r.must(err)
	r.Cleanup(func() { f.Close() })
	r.must(f.Attach(r.port))
	return f
}

// writes starts writes of one byte each, one behind the other.
func (r *rig) writes(f driver.File, n int) (ops []*driver.Op) {
	r.Helper()
	for i := range n {
		op := transfer(driver.KindWriteAt, []byte{byte('a' + i)})
		op.SetOff(int64(i))
		r.must(f.WriteAt(op))
		ops = append(ops, op)
	}
	return ops
}

// The operations of a file are over in any order.
func TestFileOrder(t *testing.T) {
	met := map[bool]bool{}
	for seed := range 20 {
		r := newRig(t, fmt.Sprint(seed, "/order"))
		want := r.writes(r.file(""), 4)
		var got []*driver.Op
		for range want {
			got = append(got, r.next())
		}
		met[slices.Equal(got, want)] = true
	}
	if !met[true] || !met[false] {
		t.Errorf("in the order of their start: met %v, want both", met)
	}
}

// What is cancelled, or closed under, may be carried out all the same.
func TestFileTooLate(t *testing.T) {
	for _, c := range []struct {
		end   func(driver.File) int
		class error
	}{
		{driver.File.CancelAll, driver.ErrAborted},
		{func(f driver.File) int { f.Close(); return 4 }, net.ErrClosed},
	} {
		var waited, aborted, done int
		for seed := range 50 {
			r := newRig(t, fmt.Sprint(seed, "/late"))
			f := r.file("")
			r.writes(f, 4)
			for r.port.InFlight() == 0 && len(r.done.ops) == 0 {
				r.must(r.port.Poll(0))
			}
			busy := r.port.InFlight()
			over := len(r.done.ops)
			if n := c.end(f); n != 4-over && c.class == driver.ErrAborted {
				t.Fatalf("%d operations were to be given up, want %d", n, 4-over)
			}
			waited += len(r.done.ops) - over
			for i := range 4 {
				op := r.next()
				switch {
				case errors.Is(op.Err, c.class) && op.N == 0:
					aborted++
				case op.Err == nil && op.N == 1:
					done++
				default:
					t.Fatalf("number %d ended with %d bytes and %v", i, op.N, op.Err)
				}
			}
			if r.port.InFlight() != 0 || busy > 4 {
				t.Fatalf("%d operations were under way, and %d still are", busy, r.port.InFlight())
			}
		}
		if waited == 0 || aborted <= waited || done == 0 {
			t.Errorf("%v: %d were given up at once, %d in all, and %d were carried out", c.class, waited, aborted, done)
		}
	}
}

// On a rough network disks are full, and can't be read.
func TestRoughDisk(t *testing.T) {
	var full, half, bad bool
	for seed := 1; !full || !half || !bad; seed++ {
		if seed > 500 {
			t.Fatalf("met a full disk: %v, half a write: %v, a bad disk: %v", full, half, bad)
		}
		r := newRig(t, fmt.Sprint(seed, ":rough/disk"))
		f := r.file("content")
		for _, op := range []*driver.Op{transfer(driver.KindReadAt, make([]byte, 7)), transfer(driver.KindWriteAt, []byte("content"))} {
			start := f.ReadAt
			if op.Kind == driver.KindWriteAt {
				start = f.WriteAt
			}
			if start(op) != nil {
				continue
			}
			r.next()
			switch {
			case op.Kind == driver.KindReadAt && op.Err != nil:
				bad = true
			case op.Err != nil:
				full = full || errors.Is(op.Err, driver.ErrLimit)
				half = half || 0 < op.N && op.N < 7
			case op.N != 7:
				t.Fatalf("%d bytes of 7 were moved, without an error", op.N)
			}
		}
	}
}

// A SendFile reads its part of the file, however long that takes.
func TestSendFile(t *testing.T) {
	r := newRig(t, "1/sendfile")
	a, b := r.pair()
	f := r.file("0123456789")
	op := &driver.Op{Kind: driver.KindSendFile}
	op.SetFile(f, 4, 10)
	r.must(a.(driver.FileSender).SendFile(op))
	if r.next(); op.N != 6 || op.Err != io.ErrUnexpectedEOF {
		t.Fatalf("sent %d bytes with error %v, want 6 and the end of the file", op.N, op.Err)
	}
	buf := make([]byte, 8)
	r.must(b.Recv(transfer(driver.KindRecv, buf)))
	if got := r.next(); string(buf[:got.N]) != "456789" {
		t.Errorf("received %q", buf[:got.N])
	}
	if err := a.(driver.FileSender).SendFile(&driver.Op{Kind: driver.KindSendFile}); !errors.Is(err, driver.ErrInvalid) {
		t.Errorf("sending no file: %v", err)
	}
}

// On a network that fails, what is under way ends with the port.
func TestFileOnFailingNetwork(t *testing.T) {
	met := false
	for seed := range 100 {
		r := &rig{T: t}
		var err error
		r.port, err = sim.Backend{}.Variant(fmt.Sprint(seed, ":failing/file")).Open(driver.Config{}, &r.done)
		r.must(err)
		for f := r.file(""); err == nil; {
			if len(r.done.ops) == 0 {
				r.writes(f, 4)
			}
			r.done.ops = nil
			err = r.port.Poll(0)
		}
		left := r.port.InFlight()
		met = met || left > 0
		r.port.Shut()
		if n := r.port.InFlight(); n != 0 {
			t.Fatalf("%d of %d operations are still under way", n, left)
		}
		r.must(r.port.Close())
	}
	if !met {
		t.Error("no operation was ever under way when the network failed")
	}
}

// A network may refuse operations on files, hold few of them, or have no files
// and pipes at all.
func TestFileRefusals(t *testing.T) {
	for kind, fault := range map[driver.Kind]string{driver.KindReadAt: "no-read", driver.KindWriteAt: "no-write"} {
		r := newRig(t, "1:"+fault+"/refused")
		f := r.file("content")
		start := map[driver.Kind]func(*driver.Op) error{driver.KindReadAt: f.ReadAt, driver.KindWriteAt: f.WriteAt}[kind]
		if err := start(transfer(kind, make([]byte, 1))); !errors.Is(err, driver.ErrNotSupported) {
			t.Errorf("%s: %v", fault, err)
		}
	}

	r := newRig(t, "1:full/queues")
	f := r.file("")
	r.writes(f, 4)
	if err := f.WriteAt(transfer(driver.KindWriteAt, []byte("x"))); !errors.Is(err, driver.ErrLimit) {
		t.Errorf("a fifth write: %v", err)
	}
	r.next()
	r.writes(f, 1)

	r = newRig(t, "1:no-file:no-pipe/missing")
	_, file := r.port.(driver.FilePort).OpenFile(filepath.Join(t.TempDir(), "file"), os.O_CREATE, 0o600)
	_, _, pipe := r.port.(driver.PipePort).Pipe()
	for _, err := range []error{file, pipe} {
		if !errors.Is(err, driver.ErrNotSupported) {
			t.Errorf("a missing part: %v", err)
		}
	}
}
