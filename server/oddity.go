package server

import (
	"sync"
	"time"

	"iocp"
)

// oddity is where a connection is in its life, and what is queued on it. A server
// has many connections of which there is nothing to say: they are open, receive, and
// send what the system takes at once. Those have none. The others are odd. What was
// one's is another's later.
//
// It is guarded by the connection's mu; only whether there is one may be asked
// without.
type oddity struct {
	phase   phase
	in      chain // the receiving chain
	paused  bool  // by Pause
	ended   bool  // the peer has ended its stream, and OnEnd is told
	shut    bool  // by CloseWrite
	refused bool  // a message was, for lack of room: OnWritable is to be called
	aside   bool  // OnWritable is called by the sending chain

	held *iocp.Completion // came to the receiving chain during an OnWritable aside
	out  outbox

	// Of a connection that isn't open:
	cause error // for OnClose
	timer *time.Timer
	left  int64 // bytes that the peer didn't have when that was last looked at
	still int   // how many times that has been the same
}

var (
	oddities = sync.Pool{New: func() any { return new(oddity) }}
	ordinary oddity // of connections that aren't odd; never changed
)

// isOdd reports whether there is anything else to a connection than receiving,
// and sending what the system takes at once. Without mu it is a moment's answer.
func (c *Conn) isOdd() bool { return c.odd.Load() != nil }

// state is where the connection is, to be read. The caller holds mu.
func (c *Conn) state() *oddity {
	if o := c.odd.Load(); o != nil {
		return o
	}
	return &ordinary
}

// change is where the connection is, to be changed. The caller holds mu.
func (c *Conn) change() *oddity {
	o := c.odd.Load()
	if o == nil {
		o = oddities.Get().(*oddity)
		c.odd.Store(o)
	}
	return o
}

// over reports whether a connection has nothing odd to it any more.
func (o *oddity) over() bool {
	return o.phase == open && o.in == receiving && o.held == nil && !o.out.sending &&
		!o.paused && !o.ended && !o.shut && !o.refused && !o.aside
}

// queueKept is the room in the queue of a resting outbox that isn't worth
// giving back.
const queueKept = 256

// recycle gives up an oddity that is over.
func (o *oddity) recycle() {
	if cap(o.out.queue) > queueKept {
		o.out.queue = nil
	}
	oddities.Put(o)
}

// sending reports whether the sending chain is under way. The caller holds mu.
func (c *Conn) sending() bool { return c.state().out.sending }

// goesOn says that the receiving chain receives. The caller holds mu.
func (c *Conn) goesOn() {
	if c.isOdd() {
		c.change().in = receiving
	}
}
