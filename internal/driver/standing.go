package driver

import "sync"

// UndequeuedMax bounds the connections that one standing accept has taken from
// the kernel and nobody has dequeued. Beyond it they stay with the kernel, within
// its backlog.
const UndequeuedMax = 64

// Standing is what the standing accepts of all backends have in common: the nodes
// in which their completions travel, how many of these are out, and the Setback
// after an accept that failed.
//
// A node is out from the call of Node until the port gives it back by Recycle; then
// it is idle, and used again. At most UndequeuedMax are out: the backend looks at
// Room before it takes a connection from the kernel.
//
// One lock of the backend's guards all of it, the one that Init is given. It is held
// when Node, Room and the Setback's methods are called, and when the two functions
// given to Init are. Recycle, and what tries again, take it; they are called without
// any lock, so this one comes before the port's and the sink's.
type Standing struct {
	Setback
	mu   sync.Locker
	more func()
	idle []*Op
	out  int
}

// Init makes a Standing ready, before its first use. more goes on accepting after
// Recycle has made room, and again does so within a setback. A backend without
// again tries again by a clock of its own. counts may be nil.
func (s *Standing) Init(mu sync.Locker, counts *Accepts, more, again func()) {
	s.mu, s.more = mu, more
	s.Setback = Setback{Counts: counts}
	if again != nil {
		s.Again = func() { s.retry(again) }
	}
}

// retry tries again, unless the setback is over by now.
func (s *Standing) retry(again func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.On() {
		again()
	}
}

// Room is how many more nodes may be out.
func (s *Standing) Room() int { return UndequeuedMax - s.out }

// Node makes the packet in which op, a KindAcceptMany, brings a connection, or
// tells by err that there can't be one for now. There must be room for it.
func (s *Standing) Node(op *Op, conn Stream, err error) *Op {
	if s.Room() == 0 {
		panic("driver: a standing accept took more connections than it has room for")
	}
	s.out++
	var n *Op
	if k := len(s.idle); k > 0 {
		n, s.idle = s.idle[k-1], s.idle[:k-1]
	} else {
		n = NewNode(s)
	}
	about := n.about.(*node)
	about.of, about.key = op, op.Key()
	n.Kind = op.Kind
	n.More, n.Err = true, err
	n.SetAccepted(conn)
	return n
}

// Recycle implements Recycler.
func (s *Standing) Recycle(n *Op) {
	n.ResetResult()
	about := n.about.(*node)
	about.of, about.key = nil, nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, n)
	s.out--
	s.more()
}
