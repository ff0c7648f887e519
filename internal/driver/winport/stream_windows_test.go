package winport_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"iocp/internal/driver"
)

func TestEchoAndEOF(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	send := sendOp([]byte("hel"), nil, []byte("lo"), []byte(", world"))
	b.ok(s.Send(send))
	if b.expect(send); send.N != 12 || send.Err != nil {
		t.Fatalf("send: %d, %v", send.N, send.Err)
	}
	got := make([]byte, 12)
	if _, err := io.ReadFull(peer, got); err != nil || string(got) != "hello, world" {
		t.Fatalf("peer got %q, %v", got, err)
	}
	peer.Write(got)
	var a, c = make([]byte, 5), make([]byte, 100)
	recv := &driver.Op{Kind: driver.KindRecv}
	recv.SetBufs([][]byte{a, c})
	b.ok(s.Recv(recv))
	if b.expect(recv); recv.N != 12 || string(a) != "hello" || string(c[:7]) != ", world" {
		t.Fatalf("recv: %d, %v, %q %q", recv.N, recv.Err, a, c[:7])
	}
	peer.CloseWrite()
	for range 2 {
		b.ok(s.Recv(recv))
		if b.expect(recv); recv.N != 0 || recv.Err != nil {
			t.Fatalf("end of stream: %d, %v", recv.N, recv.Err)
		}
	}
	if s.RemoteAddr().String() != peer.LocalAddr().String() || s.LocalAddr().String() != peer.RemoteAddr().String() {
		t.Errorf("addresses %v, %v", s.LocalAddr(), s.RemoteAddr())
	}
}

func TestPendingReceivesAreFilledInOrder(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	peer.SetNoDelay(true)
	for round := range 50 {
		var ops [8]*driver.Op
		for i := range ops {
			ops[i] = recvOp(make([]byte, 4))
			b.ok(s.Recv(ops[i]))
		}
		for i := range ops {
			fmt.Fprintf(peer, "%04d", round*8+i)
		}
		for i := range ops {
			b.expect(ops[i])
			if want := fmt.Sprintf("%04d", round*8+i); ops[i].N != 4 || string(ops[i].Bufs()[0]) != want {
				t.Fatalf("receive %d: %d bytes, %q, want %s, %v", i, ops[i].N, ops[i].Bufs()[0], want, ops[i].Err)
			}
		}
	}
}

func TestPendingSendsGoOutInOrder(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	const count, size = 64, 64 << 10
	var ops [count]*driver.Op
	for i := range ops {
		ops[i] = sendOp(bytes.Repeat([]byte{byte(i)}, size))
		b.ok(s.Send(ops[i]))
	}
	fault := make(chan error, 1)
	go func() {
		all, err := io.ReadAll(io.LimitReader(peer, count*size))
		for i, c := range all {
			if int(c) != i/size {
				err = fmt.Errorf("byte %d is of message %d", i, c)
				break
			}
		}
		if err == nil && len(all) != count*size {
			err = fmt.Errorf("%d bytes", len(all))
		}
		fault <- err
	}()
	for i := range ops {
		if b.expect(ops[i]); ops[i].N != size || ops[i].Err != nil {
			t.Fatalf("send %d: %d, %v", i, ops[i].N, ops[i].Err)
		}
	}
	b.ok(<-fault)
}

// Three thousand buffers are more than one request takes; what is sent behind
// them stays behind.
func TestGatheredSendIsNotSplit(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	data := bytes.Repeat([]byte("0123456789"), 300)
	var bufs [][]byte
	for i := range data {
		bufs = append(bufs, data[i:i+1])
	}
	before, many, behind := sendOp([]byte("before")), sendOp(bufs...), sendOp([]byte("behind"))
	for _, op := range []*driver.Op{before, many, behind} {
		b.ok(s.Send(op))
	}
	for i, op := range []*driver.Op{before, many, behind} {
		if b.expect(op); op.N != []int{6, len(data), 6}[i] || op.Err != nil {
			t.Fatal(op.N, op.Err)
		}
	}
	b.ok(s.Close())
	all, err := io.ReadAll(peer)
	if want := "before" + string(data) + "behind"; err != nil || string(all) != want {
		t.Fatalf("%d bytes, %v: %q", len(all), err, all)
	}
}

func TestLargeSendCompletesWhole(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	data := bytes.Repeat([]byte("0123456789abcdef"), 8<<16)
	send := sendOp(data[:1<<20], data[1<<20:])
	b.ok(s.Send(send))
	b.ok(s.ShutdownSend()) // after the send, not in the middle of it
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(peer)
		got <- all
	}()
	if b.expect(send); send.N != len(data) || send.Err != nil {
		t.Fatalf("%d of %d, %v", send.N, len(data), send.Err)
	}
	if all := <-got; !bytes.Equal(all, data) {
		t.Fatalf("peer got %d bytes, or others", len(all))
	}
}

func TestZeroLength(t *testing.T) {
	b := newBench(t)
	s, peer := b.pair()
	probe := recvOp(nil)
	b.ok(s.Recv(probe))
	b.quiet()
	peer.Write([]byte("x"))
	if b.expect(probe); probe.N != 0 || probe.Err != nil {
		t.Fatalf("%d, %v", probe.N, probe.Err)
	}
	b.ok(s.Recv(probe)) // there is data already
	b.expect(probe)
	recv := recvOp(make([]byte, 9))
	b.ok(s.Recv(recv))
	if b.expect(recv); recv.N != 1 {
		t.Fatalf("the probe took data: %d, %v", recv.N, recv.Err)
	}
	send := sendOp()
	b.ok(s.Send(send))
	if b.expect(send); send.N != 0 || send.Err != nil {
		t.Fatalf("empty send: %d, %v", send.N, send.Err)
	}
}
