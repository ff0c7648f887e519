package model

import (
	"time"

	"pgregory.net/rapid"

	"iocp"
)

// A line is what a worker sees in order: the operations of one direction of a
// socket, or the posts, which have none.
type line struct {
	by    int
	end   *end
	sends bool
}

// crowdActs are the steps of a crowd's program.
var crowdActs = map[string]func(*crowd){
	"recv": func(c *crowd) {
		e := pick(c.program, "socket", c.ends)
		c.receive(recvInto(e, c.size(12)))
	},
	"recv pooled": func(c *crowd) {
		e := pick(c.program, "socket", c.ends)
		c.receive(&operation{kind: "recv pooled", end: e}, e.s.RecvPooled)
	},
	"send":          (*crowd).send,
	"try send":      (*crowd).trySend,
	"post":          (*crowd).post,
	"let go":        (*crowd).letGo,
	"pause":         (*crowd).pause,
	"cancel":        func(c *crowd) { c.cancel() },
	"cancel all":    func(c *crowd) { c.cancelAll() },
	"shutdown":      func(c *crowd) { c.shutdown() },
	"shutdown recv": func(c *crowd) { c.shutdownRecv() },
	"close":         func(c *crowd) { c.closeEnd() },
	"abort":         func(c *crowd) { c.abortEnd() },
}

var crowdActions = each([]wish{
	{"recv", 10}, {"recv pooled", 6}, {"send", 14}, {"try send", 6}, {"post", 6}, {"let go", 8}, {"pause", 6},
	{"cancel", 4}, {"cancel all", 1}, {"shutdown", 1}, {"shutdown recv", 1}, {"close", 1}, {"abort", 1},
})

// recvInto is a receive of so many bytes, and how it is started.
func recvInto(e *end, size int) (*operation, func(*iocp.Op) error) {
	o := &operation{kind: "recv", end: e, buf: make([]byte, size)}
	return o, func(op *iocp.Op) error { return e.s.Recv(op, o.buf) }
}

// receive starts a receive, in its place among those of the socket.
func (c *crowd) receive(o *operation, begin func(*iocp.Op) error) bool {
	o.turn = len(o.end.in) + 1
	if !c.transfer(o, o.end.recvShut, begin) {
		return false
	}
	o.end.in, o.end.recvs = append(o.end.in, o), append(o.end.recvs, o)
	return true
}

func (c *crowd) send() {
	e := pick(c.program, "socket", c.ends)
	o := &operation{kind: "send", end: e, data: c.bytes(c.size(20)), turn: len(e.out) + 1}
	if c.transfer(o, e.finished, func(op *iocp.Op) error { return e.s.Send(op, o.data) }) {
		e.out, e.sends = append(e.out, o), append(e.sends, o)
	}
}

// trySend sends without an operation, behind those that are over.
func (c *crowd) trySend() {
	e := pick(c.program, "socket", c.ends)
	o := &operation{kind: "try send", end: e, data: c.bytes(c.size(16)), turn: len(e.out) + 1}
	n, err := scribbled(e.s.TrySend, o.data)
	c.note("%s: %d, %v", o, n, err)
	switch {
	case n < 0 || n > len(o.data) || (n > 0) != (err == nil):
		c.Fatalf("%s: %d bytes, %v", o, n, err)
	case err != nil:
		c.trySendRefused(o, err)
	default:
		o.n, o.data = n, o.data[:n]
		e.out = append(e.out, o)
	}
}

func (c *crowd) post() {
	o := &operation{kind: "post", turn: len(c.posts) + 1}
	if c.start(o, func(op *iocp.Op) error { return c.port.Post(op, o.turn, o) }) {
		c.posts = append(c.posts, o)
	}
}

// letGo has one go on that is stuck, if anybody is.
func (c *crowd) letGo() {
	select {
	case c.gate <- struct{}{}:
	default:
	}
}

// pause gives the workers a while to themselves, until they have seen
// something.
func (c *crowd) pause() {
	timer := time.NewTimer(time.Duration(rapid.IntRange(0, 2000).Draw(c.T, "microseconds")) * time.Microsecond)
	defer timer.Stop()
	select {
	case <-c.mail:
	case <-timer.C:
	}
}
