package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"iocp"
)

// link is what the connections of all scenarios have in common: a socket with
// at most one receive and one send pending. Only its worker touches it.
type link struct {
	id   int // over all workers
	w    *worker
	sock *iocp.Socket
	recv iocp.Op
	send iocp.Op

	sending bool
	dead    bool

	sent, got int64 // bytes given to Send; received and checked
}

// A client is a connection of some scenario: the key of its completions.
type client interface{ base() *link }

func (l *link) base() *link { return l }

// place is where in the pattern a byte of the stream stands. Connections are
// apart, so that bytes of another one are found to be wrong.
func (l *link) place(offset int64) int64 { return int64(l.id)*7919 + offset }

// transmit sends the next n bytes of the connection's stream, or as many as
// go at a time.
func (l *link) transmit(n int64) error {
	chunk := l.w.run.pattern.at(l.place(l.sent), int(min(n, chunkMax)))
	if err := l.sock.Send(&l.send, chunk); err != nil {
		return err
	}
	l.sending = true
	l.sent += int64(len(chunk))
	return nil
}

// check compares what came with what was sent.
func (l *link) check(data []byte) error {
	if i := l.w.run.pattern.differs(data, l.place(l.got)); i >= 0 {
		return l.corrupt(data, i)
	}
	if more := l.got + int64(len(data)) - l.sent; more > 0 {
		return l.corrupt(data, len(data)-int(more))
	}
	l.got += int64(len(data))
	return nil
}

// corrupt shows what there is from byte i of data on.
func (l *link) corrupt(data []byte, i int) error {
	came := data[i:min(i+excerptMax, len(data))]
	e := &CorruptError{Conn: l.id, Offset: l.got + int64(i), Came: bytes.Clone(came)}
	if n := min(l.sent-e.Offset, int64(len(came))); n > 0 {
		e.Sent = bytes.Clone(l.w.run.pattern.at(l.place(e.Offset), int(n)))
	}
	return e
}

// excerptMax is how many bytes are shown.
const excerptMax = 16

// CorruptError is an echo that isn't what was sent.
type CorruptError struct {
	Conn   int    // which connection, from 0
	Offset int64  // of the first wrong byte in what came back on it
	Came   []byte // from there on, some of it
	Sent   []byte // what should have come instead; empty if nothing
}

func (e *CorruptError) Error() string {
	place := fmt.Sprintf("connection %d: byte %d that came back", e.Conn, e.Offset)
	if len(e.Sent) == 0 {
		return fmt.Sprintf("%s was never sent: %q", place, e.Came)
	}
	return fmt.Sprintf("%s is not what was sent: %q came instead of %q", place, e.Came, e.Sent)
}

// Failures counts what went wrong, by kind.
type Failures struct {
	Refused    int64 `json:"refused,omitempty"`    // connections that nobody took
	Reset      int64 `json:"reset,omitempty"`      // connections
	Closed     int64 `json:"closed,omitempty"`     // connections that the server ended too soon
	TimedOut   int64 `json:"timed_out,omitempty"`  // connections
	Corrupt    int64 `json:"corrupt,omitempty"`    // connections with wrong bytes
	NoAnswer   int64 `json:"no_answer,omitempty"`  // messages and connections that were not answered
	Lost       int64 `json:"lost,omitempty"`       // deliveries
	Misordered int64 `json:"misordered,omitempty"` // deliveries out of order, or repeated
	Other      int64 `json:"other,omitempty"`      // connections
}

// kind is the counter for what happened to a connection.
func (f *Failures) kind(err error) *int64 {
	switch {
	case errors.As(err, new(*CorruptError)):
		return &f.Corrupt
	case errors.Is(err, io.EOF):
		return &f.Closed
	case errors.Is(err, iocp.ErrReset), errors.Is(err, iocp.ErrBrokenPipe), errors.Is(err, iocp.ErrConnAborted):
		return &f.Reset
	case errors.Is(err, iocp.ErrRefused):
		return &f.Refused
	case errors.Is(err, iocp.ErrTimedOut):
		return &f.TimedOut
	}
	return &f.Other
}

func (f *Failures) counters() []*int64 {
	return []*int64{&f.Refused, &f.Reset, &f.Closed, &f.TimedOut, &f.Corrupt, &f.NoAnswer, &f.Lost, &f.Misordered, &f.Other}
}

func (f *Failures) add(o *Failures) {
	others := o.counters()
	for i, n := range f.counters() {
		*n += *others[i]
	}
}

func (f *Failures) total() (sum int64) {
	for _, n := range f.counters() {
		sum += *n
	}
	return sum
}

// plain drops from an error of a socket what the reader knows already.
func plain(err error) error {
	var op *iocp.OpError
	switch {
	case errors.As(err, new(*CorruptError)):
		return err
	case errors.As(err, &op):
		return op.Err
	case err == io.EOF:
		return errors.New("the server closed it")
	}
	return err
}
