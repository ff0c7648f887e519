// Package booktest is the textbook's chat client, byte for byte on the wire,
// with its faults. Servers that satisfy it satisfy the program itself.
package booktest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	textMax = 99  // bytes that the program's line reader returns at most
	readMax = 119 // bytes that it receives at most at a time
)

// bound ends a test that waits for what doesn't come.
const bound = time.Minute

// Client is one run of the program.
type Client struct {
	Name string

	// NUL makes it the variant that some students hand in, which sends the
	// NUL that ends a string with each message.
	NUL bool

	conn net.Conn
	once sync.Once

	mu      sync.Mutex
	changed sync.Cond
	printed []byte // what stands on its screen
	lost    error  // how its receiving ended: io.EOF, or a reset
}

// Dial connects. The program sends nothing by itself, and expects nothing.
func Dial(addr, name string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, bound)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(bound))
	c := &Client{Name: name, conn: conn}
	c.changed.L = &c.mu
	go c.receive()
	return c, nil
}

// Type enters text into the program: what a user types, or a file. A line q
// or Q ends it, like Quit; Type then reports true.
func (c *Client) Type(text string) (quit bool, err error) {
	in := bufio.NewReader(bytes.NewReader([]byte(text)))
	for {
		piece := gets(in)
		switch piece {
		case "":
			return false, nil
		case "q\n", "Q\n":
			c.Quit()
			return true, nil
		}
		if err := c.send(piece); err != nil {
			return false, err
		}
	}
}

// gets reads as C's fgets does into a buffer of 100 bytes: up to 99, and no
// further than a newline, which it keeps.
func gets(in *bufio.Reader) string {
	var piece []byte
	for len(piece) < textMax {
		b, err := in.ReadByte()
		if err != nil {
			break
		}
		piece = append(piece, b)
		if b == '\n' {
			break
		}
	}
	return string(piece)
}

// send makes a message of a piece: with the name before it, in one send.
func (c *Client) send(piece string) error {
	message := "[" + c.Name + "] " + piece
	if c.NUL {
		message += "\x00"
	}
	_, err := c.conn.Write([]byte(message))
	return err
}

// EndInput is the end of the program's input, which it doesn't notice: it
// sends its last piece again and again, at full speed, until the connection is
// gone or stop is closed. With no piece typed yet, what it repeats is empty
// and has no newline either.
func (c *Client) EndInput(last string, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if c.send(last) != nil {
			return
		}
	}
}

// Quit closes the connection, without a word on it.
func (c *Client) Quit() { c.once.Do(func() { c.conn.Close() }) }

// Reset closes the connection as a crash of the machine might: with a reset.
func (c *Client) Reset() {
	c.conn.(*net.TCPConn).SetLinger(0)
	c.Quit()
}

// receive prints what comes, each chunk up to its first NUL.
func (c *Client) receive() {
	chunk := make([]byte, readMax)
	for {
		n, err := c.conn.Read(chunk)
		text, _, _ := bytes.Cut(chunk[:n], []byte{0})
		c.mu.Lock()
		c.printed = append(c.printed, text...)
		c.lost = err
		c.changed.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Await waits until what is printed satisfies ok, and returns it. It fails
// when the connection ends before.
func (c *Client) Await(ok func(printed string) bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok(string(c.printed)) {
		if c.lost != nil {
			return string(c.printed), c.lost
		}
		c.changed.Wait()
	}
	return string(c.printed), nil
}

// AwaitEnd waits until the connection ends and returns all that was printed.
// reset tells that it ended with a reset.
func (c *Client) AwaitEnd() (printed string, reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.lost == nil {
		c.changed.Wait()
	}
	return string(c.printed), !errors.Is(c.lost, io.EOF)
}
