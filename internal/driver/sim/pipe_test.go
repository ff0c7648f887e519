package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"iocp/internal/driver"
)

func (r *rig) pipe() (reader, writer driver.PipeEnd) {
	r.Helper()
	reader, writer, err := r.port.(driver.PipePort).Pipe()
	r.must(err)
	r.must(reader.Attach(r.port))
	r.must(writer.Attach(r.port))
	return reader, writer
}

// A pipe holds some bytes for a reader that doesn't read, and writes no more
// for one that is gone.
func TestPipeHoldsSome(t *testing.T) {
	for seed := range 20 {
		r := newRig(t, fmt.Sprint(seed, "/pipe"))
		reader, writer := r.pipe()
		op := transfer(driver.KindSend, make([]byte, 65<<10))
		r.must(writer.Transfer(op))
		for range 100 {
			r.must(r.port.Poll(0))
		}
		if op.N < 4<<10 || op.N > 64<<10 || len(r.done.ops) > 0 {
			t.Fatalf("a pipe without a reader took %d bytes, and %d operations are over", op.N, len(r.done.ops))
		}
		r.must(reader.Close())
		if r.next(); !errors.Is(op.Err, driver.ErrBrokenPipe) || op.N > 64<<10 {
			t.Fatalf("the send ended with %d bytes and %v", op.N, op.Err)
		}
		if err := writer.Transfer(transfer(driver.KindSend, []byte("x"))); !errors.Is(err, driver.ErrBrokenPipe) {
			t.Fatalf("another is answered with %v", err)
		}
	}
}

// A rough network makes a pipe small and receives short, but breaks nothing.
func TestRoughPipe(t *testing.T) {
	for seed := range 20 {
		r := newRig(t, fmt.Sprint(seed, ":rough/pipe"))
		reader, writer := r.pipe()
		want := bytes.Repeat([]byte("0123456789"), 500)
		var got []byte
		for len(got) < len(want) {
			send := transfer(driver.KindSend, want[len(got):])
			if writer.Transfer(send) != nil {
				continue
			}
			got = append(got, r.drain(reader, send)...)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed %d: other bytes came out than went in", seed)
		}
	}
}

// drain receives until a send is over and what it counts has come.
func (r *rig) drain(reader driver.PipeEnd, send *driver.Op) (got []byte) {
	r.Helper()
	buf := make([]byte, 1000)
	for sent := false; !sent || len(got) < send.N; {
		recv := transfer(driver.KindRecv, buf)
		if reader.Transfer(recv) != nil {
			continue
		}
		op := r.next()
		if op == send {
			if sent = true; len(got) == send.N {
				reader.Cancel(recv)
			}
			op = r.next()
		}
		if errors.Is(op.Err, driver.ErrReset) {
			r.Fatal("a pipe was reset")
		}
		got = append(got, buf[:op.N]...)
	}
	return got
}
