package winport_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
)

// Every accepted operation completes exactly once, whatever is cancelled,
// closed and answered at the same time, and nothing is left in the kernel.
func TestStorm(t *testing.T) {
	for _, others := range []int{0, 3} {
		t.Run(fmt.Sprintf("and %d others poll", others), func(t *testing.T) { storm(t, others) })
	}
}

func storm(t *testing.T, others int) {
	b := newBenchWith(t, driver.NewPool(64, 8, 2))
	var accepted, ended atomic.Int64
	var streams []driver.Stream
	for range 8 {
		s, peer := b.ourPair()
		streams = append(streams, s, peer)
	}
	defer b.polling(others).stop()
	var going sync.WaitGroup
	for i, s := range streams {
		going.Go(func() { stir(s, rand.New(rand.NewPCG(1, uint64(i))), &accepted) })
	}
	calm := make(chan struct{})
	go func() { going.Wait(); close(calm) }()
	seen := map[*driver.Op]bool{}
	count := func() {
		for op := b.take(); op != nil; op = b.take() {
			if seen[op] {
				t.Errorf("%v completed twice", op.Kind)
			}
			seen[op] = true
			if op.Buf() != nil {
				release(op)
			}
			ended.Add(1)
		}
	}
	for deadline := time.Now().Add(bound); ; count() {
		select {
		case <-calm:
			if ended.Load() == accepted.Load() {
				return
			}
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d operations accepted, %d completed", accepted.Load(), ended.Load())
		}
		b.ok(b.me.Poll(10 * time.Millisecond))
	}
}

// stir does to a connection what can be done, and closes it.
func stir(s driver.Stream, dice *rand.Rand, accepted *atomic.Int64) {
	var ops []*driver.Op
	submit := func(op *driver.Op, start func(*driver.Op) error) {
		accepted.Add(1)
		if start(op) != nil {
			accepted.Add(-1)
			return
		}
		ops = append(ops, op)
	}
	for range 200 {
		switch dice.IntN(6) {
		case 0, 1:
			submit(recvOp(make([]byte, dice.IntN(64))), s.Recv)
		case 2:
			submit(&driver.Op{Kind: driver.KindRecvPooled}, s.RecvPooled)
		case 3:
			submit(sendOp(make([]byte, dice.IntN(4096))), s.Send)
		case 4:
			if len(ops) > 0 {
				s.Cancel(ops[dice.IntN(len(ops))])
			}
		case 5:
			if dice.IntN(10) == 0 {
				s.CancelAll()
			}
		}
	}
	if dice.IntN(2) == 0 {
		s.Abort()
	} else {
		s.Close()
	}
}
