package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"

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
