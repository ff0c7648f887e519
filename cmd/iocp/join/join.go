// Package join is the terminal client of the chat room. It speaks what the
// textbook's client speaks, so it joins the textbook's servers as well.
package join

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"iocp"
	"iocp/cmd/iocp/internal/dial"
	"iocp/cmd/iocp/internal/harmless"
)

// A client that has said goodbye waits for the last lines, and for the server
// to close. It waits no longer when nothing has come for a while, and not for
// ever where others go on talking.
const (
	quietMax = time.Second
	drainMax = 10 * time.Second
)

// Config says which room to join, and as whom.
type Config struct {
	Host, Port string
	Name       string // see CheckName
	In, Out    *os.File
}

// Run takes part in the room until the line q or Q, or the end of input. If
// In and Out are terminals, lines can be edited while others come in;
// otherwise both are plain text.
//
// At the end it tells the server that nothing more follows, and goes on
// printing until the server closes too, or nothing has come for a second. A
// server that goes first is an error, and so is one that breaks the connection
// off instead of closing it: what was said last may be lost. On a terminal Run
// also ends, and leaves it as it was, on an interrupt, SIGTERM or SIGHUP, which
// elsewhere end the process as usual.
func Run(cfg Config) error {
	if err := CheckName(cfg.Name); err != nil {
		return err
	}
	conn, err := dial.Dial(cfg.Host, cfg.Port)
	if err != nil {
		return err
	}
	defer conn.Close()
	screen, tty, err := openScreen(cfg.In, cfg.Out)
	if err != nil {
		return fmt.Errorf("can't set up the terminal: %w", err)
	}
	if tty != nil {
		defer watchSignals(conn.Port, tty).stop()
		defer tty.close()
	}
	return talk(conn, screen, cfg.Name)
}

// CheckName tells what is wrong with a name. The textbook's client keeps it
// with its brackets in 20 bytes.
func CheckName(name string) error {
	if len(name) < 1 || len(name) > 17 {
		return fmt.Errorf("the name has %d bytes: choose one of 1 to 17", len(name))
	}
	if strings.ContainsAny(name, "[]\t") || string(harmless.Append(nil, []byte(name))) != name {
		return errors.New("the name must have no brackets and no control characters: choose another")
	}
	return nil
}

// session is one stay in the room. Everything in it happens on the goroutine
// that waits on the port; what is typed comes there as posted packets.
type session struct {
	conn   *dial.Conn
	screen Screen
	name   string
	recv   iocp.Op
	lines  lines
	unsent int // typed lines on their way

	leaving bool
	left    time.Time // when the last of our own lines had got away
	heard   time.Time // when something last happened
}

func talk(conn *dial.Conn, screen Screen, name string) error {
	s := &session{conn: conn, screen: screen, name: name}
	if err := conn.Socket.RecvPooled(&s.recv); err != nil {
		return s.conn.Lost(err)
	}
	typed := newTypist(conn.Port, screen)
	defer typed.stop()
	go typed.run()
	batch := make([]iocp.Completion, 16)
	for {
		n, err := conn.Worker.Wait(batch, s.patience())
		if err != nil {
			return s.end(err)
		}
		for _, c := range batch[:n] {
			if err := s.handle(c, typed); err != nil {
				return s.end(err)
			}
		}
	}
}

func (s *session) handle(c iocp.Completion, typed *typist) error {
	s.heard = time.Now()
	in, ok := c.Op.Owner.(*input)
	if ended, ok := c.Op.Owner.(*signals); ok {
		return ended.err()
	}
	switch {
	case !ok:
		return s.received(c)
	case in.sending:
		s.unsent--
		s.left = time.Now()
		typed.reuse(in)
		return c.Err
	case in.last:
		return s.leave(in.err)
	}
	return s.send(in, typed)
}

// send says a line that was typed.
func (s *session) send(in *input, typed *typist) error {
	if s.leaving {
		return nil
	}
	in.sending = true
	in.text = append(in.text[:0], "["+s.name+"] "+in.line+"\n"...)
	if err := s.conn.Socket.Send(&in.op, in.text); err != nil {
		typed.reuse(in)
		return err
	}
	s.unsent++
	return nil
}

// leave ends our half of the conversation.
func (s *session) leave(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("can't read the input: %w", err)
	}
	s.leaving, s.left = true, time.Now()
	return s.conn.Socket.Shutdown(iocp.SendSide)
}

// patience is how long to wait for what comes next.
func (s *session) patience() time.Duration {
	if !s.leaving || s.unsent > 0 {
		return iocp.Infinite
	}
	quiet := quietMax - time.Since(s.heard)
	return max(min(quiet, drainMax-time.Since(s.left)), 0)
}

func (s *session) received(c iocp.Completion) error {
	if c.Err != nil {
		return c.Err
	}
	if c.N == 0 {
		return io.EOF
	}
	_, err := s.screen.Write(s.lines.add(c.Buf.Bytes()))
	c.Buf.Release()
	if err != nil {
		return fmt.Errorf("can't print: %w", err)
	}
	return s.conn.Socket.RecvPooled(&s.recv)
}

// end prints what is left of an unfinished line and decides whether the
// conversation ended well.
func (s *session) end(err error) error {
	if rest := s.lines.rest(); len(rest) > 0 {
		s.screen.Write(rest)
	}
	orderly := err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded)
	if s.leaving && s.unsent == 0 && orderly {
		return nil
	}
	return s.conn.Lost(err)
}
