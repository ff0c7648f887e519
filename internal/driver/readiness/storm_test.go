//go:build linux || darwin || freebsd

package readiness

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/driver"
)

// storm is workers that come and go, handles that move about, and messages that
// go to and fro between the two ends of lines meanwhile.
type storm struct {
	*bench
	seed uint64
	left atomic.Int32 // messages still to be received

	running atomic.Int32 // goroutines

	queue struct {
		sync.Mutex
		driver.List
	}
}

// end is one end of a line. Whoever handles its receive has it to himself.
type end struct {
	recv driver.Op // first: see driver.Outer
	driver.Stream
	in   [8]byte
	next uint64 // number of the message to come
	last uint64
}

// Complete implements driver.Sink.
func (s *storm) Complete(op *driver.Op, _ *driver.Order, local *driver.LocalQueue) {
	if local != nil {
		local.Put(op, nil)
		return
	}
	s.queue.Lock()
	defer s.queue.Unlock()
	s.queue.Push(op)
}

func TestStorm(t *testing.T) {
	const lines, messages, workers = 64, 200, 4
	s := &storm{bench: newBench(t, Calls{}), seed: uint64(time.Now().UnixNano())}
	t.Logf("seed %d", s.seed)
	s.port.sink = s
	s.left.Store(lines * messages)
	var pollers []*poller
	for range workers {
		pollers = append(pollers, s.newPoller())
	}
	for i := range lines {
		s.pair(i%2 == 0, messages)
	}
	defer s.end(pollers)
	for i, po := range pollers {
		s.run(func() { s.work(po, rand.New(rand.NewPCG(s.seed, uint64(i)))) })
	}
	s.run(func() { s.shift(pollers) })
	s.until("all messages are received", func() bool { return s.left.Load() == 0 })
}

func (s *storm) run(f func()) {
	s.running.Add(1)
	go func() {
		defer s.running.Add(-1)
		f()
	}()
}

// end ends what run began.
func (s *storm) end(pollers []*poller) {
	s.left.Store(0)
	for s.running.Load() > 0 {
		for _, po := range pollers {
			po.Wake()
		}
		time.Sleep(time.Millisecond)
	}
}

// pair makes two ends and sends the first message.
func (s *storm) pair(local bool, messages uint64) {
	var ends [2]*end
	for i, fd := range s.sockets() {
		e := &end{Stream: newStream(fd, false, anyPeer), next: uint64(i), last: messages - 1}
		if local {
			e.Stream = newUnixStream(fd, true)
		}
		e.recv.Kind = driver.KindRecv
		s.must(e.Attach(s.port))
		s.must(s.receive(e))
		ends[i] = e
	}
	s.must(s.say(ends[1], 0))
}

func (s *storm) receive(e *end) error {
	e.recv.ResetResult()
	e.recv.SetOneBuf(e.in[:])
	return e.Recv(&e.recv)
}

func (s *storm) say(e *end, number uint64) error {
	op := &driver.Op{Kind: driver.KindSend}
	op.SetOneBuf(binary.BigEndian.AppendUint64(nil, number))
	return e.Send(op)
}

// work is what a worker does: he polls, handles what he has found, and now and
// then leaves.
func (s *storm) work(po *poller, r *rand.Rand) {
	timeouts := []time.Duration{0, time.Microsecond, time.Millisecond, -1, -1, -1}
	for s.left.Load() > 0 {
		if err := po.Poll(timeouts[r.IntN(len(timeouts))]); err != nil {
			s.Error(err)
			return
		}
		for s.handle(po) {
		}
		if r.IntN(8) == 0 {
			po.Leave()
		}
	}
}

// handle handles what there is, and reports whether there was anything.
func (s *storm) handle(po *poller) bool {
	var got driver.List
	po.local.Clear(&got, false)
	s.queue.Lock()
	got.Append(&s.queue.List)
	s.queue.Unlock()
	some := got.Len() > 0
	for op := got.Pop(); op != nil; op = got.Pop() {
		s.answer(op)
	}
	if s.deferred.Swap(false) {
		s.port.Flush()
		some = true
	}
	return some
}

// answer answers a message with the next.
func (s *storm) answer(op *driver.Op) {
	switch {
	case op.Err != nil:
		s.Errorf("%v", op.Err)
	case op.Kind == driver.KindRecv:
		s.received(driver.Outer[end](op))
	}
}

func (s *storm) received(e *end) {
	number := binary.BigEndian.Uint64(e.in[:])
	if e.recv.N != len(e.in) || number != e.next {
		s.Errorf("%d bytes of message %d, want all of %d", e.recv.N, number, e.next)
	}
	e.next += 2
	if e.next <= e.last {
		s.check(s.receive(e))
	}
	if number < e.last {
		s.check(s.say(e, number+1))
	}
	s.left.Add(-1)
}

func (s *storm) check(err error) {
	if err != nil {
		s.Error(err)
	}
}

// shift moves handles about.
func (s *storm) shift(pollers []*poller) {
	r := rand.New(rand.NewPCG(s.seed, uint64(len(pollers))))
	for s.left.Load() > 0 {
		from, to := pollers[r.IntN(len(pollers))], pollers[r.IntN(len(pollers))]
		from.Give(to, 1+r.IntN(100))
		time.Sleep(50 * time.Microsecond)
	}
}
