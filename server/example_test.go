package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"strings"
	"time"

	"iocp/server"
)

// shouter answers in capitals.
type shouter struct{ server.NopHandler }

func (shouter) OnData(c *server.Conn, data []byte) {
	for i, b := range data {
		if 'a' <= b && b <= 'z' {
			data[i] = b - 'a' + 'A'
		}
	}
	if c.TrySend(data) != nil {
		c.Abort()
	}
}

func Example() {
	srv, err := server.New(shouter{}, server.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(ln)

	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(c, "hello")
	c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c)
	c.Close()
	fmt.Printf("%s\n", answer)
	fmt.Println(srv.Shutdown(context.Background()))
	// Output:
	// HELLO
	// <nil>
}

// A chat room sends each message to everybody: it is copied once, however many
// members there are.
func ExampleShare() {
	var members []*server.Conn
	broadcast := func(line []byte) {
		s := server.Share(line)
		defer s.Release()
		for _, c := range members {
			if c.TrySendShared(s) == server.ErrQueueFull {
				c.Abort() // doesn't read
			}
		}
	}
	broadcast([]byte("[kim] hello\n"))
}

// library answers each line with the book of that title, in the order of the
// requests. Books may be long and requests many: what doesn't fit in the queue
// waits, and so do further requests.
type library struct{ server.NopHandler }

func (l library) OnData(c *server.Conn, data []byte) {
	wanted, _ := c.Data().([]byte) // the callbacks of a connection don't overlap: no lock
	if len(wanted)+len(data) > wantedMax {
		c.Abort() // a title without an end
		return
	}
	c.SetData(append(wanted, data...))
	l.OnWritable(c)
}

const wantedMax = 64 << 10

// OnWritable goes on where there was no room.
func (library) OnWritable(c *server.Conn) {
	wanted, _ := c.Data().([]byte)
	for {
		title, rest, whole := bytes.Cut(wanted, []byte("\n"))
		if !whole || c.TrySend(book(title)) == server.ErrQueueFull {
			break
		}
		wanted = rest
	}
	c.SetData(wanted)
}

func book(title []byte) []byte { return bytes.Repeat(title, 1000) }

// Answers that may be larger than the queue: those that don't fit are sent from
// OnWritable.
func ExampleWritableHandler() {
	srv, err := server.New(library{}, server.Config{SendQueueMax: 4 << 10})
	if err != nil {
		log.Fatal(err)
	}
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(ln)

	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(c, strings.Repeat("moby dick\n", 500)) // all at once
	n, err := io.CopyN(io.Discard, c, 500*9*1000)
	fmt.Println(n, err)
	c.Close()
	fmt.Println(srv.Shutdown(context.Background()))
	// Output:
	// 4500000 <nil>
	// <nil>
}

// later answers after its clients have ended their side, as one does that is
// asked by "printf question | nc".
type later struct{ server.NopHandler }

func (later) OnEnd(c *server.Conn) {
	go func() {
		time.Sleep(time.Millisecond) // work
		c.TrySend([]byte("answer"))
		c.CloseWrite() // which closes the connection
	}()
}

// Answers that come when the client has ended its side already.
func ExampleEndHandler() {
	srv, err := server.New(later{}, server.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ln, err := srv.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(ln)

	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(c, "question")
	c.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(c)
	c.Close()
	fmt.Printf("%s %v\n", answer, err)
	fmt.Println(srv.Shutdown(context.Background()))
	// Output:
	// answer <nil>
	// <nil>
}
