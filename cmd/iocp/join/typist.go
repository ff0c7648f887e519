package join

import (
	"iocp"
)

// input is a typed line on its way: first as a packet posted to the port,
// then, with the same Op, as a send.
type input struct {
	op      iocp.Op
	line    string
	last    bool  // there is no line: the user leaves
	err     error // why, if last
	sending bool
	text    []byte
}

// typist posts the lines that the user types to the port. Only a few lines
// are under way at a time: a long file as input waits for the network.
type typist struct {
	port   *iocp.Port
	screen Screen
	free   chan *input
	done   chan struct{}
}

func newTypist(port *iocp.Port, screen Screen) *typist {
	t := &typist{port: port, screen: screen, free: make(chan *input, 16), done: make(chan struct{})}
	for range cap(t.free) {
		in := &input{}
		in.op.Owner = in
		t.free <- in
	}
	return t
}

// run reads until the user leaves. It ends by itself, except that it may wait
// in ReadLine for input that never comes.
func (t *typist) run() {
	for {
		var in *input
		select {
		case in = <-t.free:
		case <-t.done:
			return
		}
		in.sending = false
		in.line, in.err = t.screen.ReadLine()
		in.last = in.err != nil || in.line == "q" || in.line == "Q"
		if err := t.port.Post(&in.op, 0, nil); err != nil || in.last {
			return
		}
	}
}

// reuse takes an input back once its send is over.
func (t *typist) reuse(in *input) { t.free <- in }

// stop ends run. The session must not expect further input.
func (t *typist) stop() { close(t.done) }
