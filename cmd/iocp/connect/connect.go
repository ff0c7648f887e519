// Package connect is the stable echo client: it sends each line to an echo
// server and prints what comes back, once all of it has.
package connect

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"iocp"
	"iocp/cmd/iocp/internal/dial"
	"iocp/cmd/iocp/internal/harmless"
)

// Config says where to connect and where lines come from.
type Config struct {
	Host, Port string
	In         io.Reader
	Out        io.Writer

	// Terminal says that In is a terminal: when input ends there, a newline
	// is printed, so that what follows doesn't stand behind the prompt.
	Terminal bool

	// Visible says that Out is one: answers are printed so that it obeys
	// nothing in them. Otherwise they are printed as they are.
	Visible bool

	// Timeout is how long to wait when nothing of an answer comes. 0 means
	// for ever.
	Timeout time.Duration
}

// Run talks to the server until the line q or Q, or the end of input. A
// server that is lost before everything has come back is an error.
func Run(cfg Config) error {
	conn, err := dial.Dial(cfg.Host, cfg.Port)
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintln(cfg.Out, "Connected.................")
	c := &client{conn: conn, timeout: cfg.Timeout}
	in := bufio.NewReader(cfg.In)
	for {
		fmt.Fprint(cfg.Out, "Input message(Q to quit) : ")
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			if cfg.Terminal {
				fmt.Fprintln(cfg.Out)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("can't read the input: %w", err)
		}
		if string(line) == "q" || string(line) == "Q" {
			return nil
		}
		answer, err := c.exchange(line)
		if err != nil {
			return err
		}
		if cfg.Visible {
			answer = harmless.AppendVisible(nil, answer)
		}
		if _, err := fmt.Fprintf(cfg.Out, "Message from server : %s\n", answer); err != nil {
			return fmt.Errorf("can't print the answer: %w", err)
		}
	}
}

// readLine reads a line of any length and takes off what ends it. A last line
// may end with the input.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadBytes('\n')
	if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
		return nil, err
	}
	line = trim(line, '\n')
	if runtime.GOOS == "windows" {
		line = trim(line, '\r') // consoles end lines with both
	}
	return line, nil
}

func trim(line []byte, last byte) []byte {
	if n := len(line); n > 0 && line[n-1] == last {
		return line[:n-1]
	}
	return line
}

type client struct {
	conn       *dial.Conn
	timeout    time.Duration // 0: none
	send, recv iocp.Op
	batch      [2]iocp.Completion

	answer  []byte
	rest    []byte // the part of answer that is still to come
	sending bool
}

// exchange sends a line and receives as many bytes, both at the same time: a
// server that echoes while it still reads may stop reading until its echo is
// taken, so that sending first would be a deadlock. The result is valid until
// the next exchange.
func (c *client) exchange(line []byte) ([]byte, error) {
	if len(line) == 0 {
		return nil, nil
	}
	if cap(c.answer) < len(line) {
		c.answer = make([]byte, len(line))
	}
	c.answer = c.answer[:len(line)]
	c.rest, c.sending = c.answer, true
	if err := c.conn.Socket.Send(&c.send, line); err != nil {
		return nil, c.conn.Lost(err)
	}
	if err := c.conn.Socket.Recv(&c.recv, c.rest); err != nil {
		return nil, c.conn.Lost(err)
	}
	for c.sending || len(c.rest) > 0 {
		if err := c.wait(); err != nil {
			return nil, err
		}
	}
	return c.answer, nil
}

// wait handles what is completed next.
func (c *client) wait() error {
	patience := c.timeout
	if patience == 0 {
		patience = iocp.Infinite
	}
	n, err := c.conn.Worker.Wait(c.batch[:], patience)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return c.silent()
	}
	if err != nil {
		return err
	}
	for _, done := range c.batch[:n] {
		if err := c.take(done); err != nil {
			return c.conn.Lost(err)
		}
	}
	return nil
}

// silent says that the server doesn't answer.
func (c *client) silent() error {
	got := len(c.answer) - len(c.rest)
	return fmt.Errorf("the server at %s has sent %d of %d bytes and then nothing for %v: is it an echo server? --timeout gives it more time",
		c.conn.Socket.RemoteAddr(), got, len(c.answer), c.timeout)
}

func (c *client) take(done iocp.Completion) error {
	switch {
	case done.Err != nil:
		return done.Err
	case done.Op == &c.send:
		c.sending = false
		return nil
	case done.N == 0:
		return io.EOF
	}
	c.rest = c.rest[done.N:]
	if len(c.rest) == 0 {
		return nil
	}
	return c.conn.Socket.Recv(&c.recv, c.rest)
}
