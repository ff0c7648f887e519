package sim

import (
	"syscall"

	"iocp/internal/driver"
)

// pipeEnd is an end of a pipe: a stream of which only one direction is used, and
// which nothing but its other end can break.
type pipeEnd struct{ *stream }

var errNoReader = sysError("write", driver.ErrBrokenPipe, syscall.EPIPE)

// Pipe implements driver.PipePort.
func (p *port) Pipe() (r, w driver.PipeEnd, err error) {
	if p.net.profile.lacks(partPipe) {
		return nil, nil, driver.ErrNotSupported
	}
	p.net.mu.Lock()
	defer p.net.unlock()
	reader, writer := p.net.newStream(false), p.net.newStream(false)
	reader.pipe, writer.pipe = readingEnd, writingEnd
	reader.peer, writer.peer = writer, reader
	reader.in.window = reader.chance.capacity()
	return pipeEnd{reader}, pipeEnd{writer}, nil
}

// capacity is how many bytes a pipe holds.
func (c chance) capacity() int {
	if c.rough {
		return 1 + c.IntN(8<<10)
	}
	return 4<<10 + c.IntN(60<<10)
}

// Transfer implements driver.PipeEnd.
func (e pipeEnd) Transfer(op *driver.Op) error {
	if op.Kind.Outward() {
		return e.Send(op)
	}
	return e.Recv(op)
}

// side says which end of a pipe a stream is.
type side uint8

const (
	noPipe side = iota
	readingEnd
	writingEnd
)

// endPipe tells the other end that this one is closed: a reader after the data,
// and a writer at once.
func (s *stream) endPipe() {
	if s.pipe == writingEnd {
		s.transmit(s.peer.hearsEnd)
	} else {
		s.peer.fails(errNoReader)
	}
}
