// Chat is the chapter's chat server: what one says, everybody gets.
package main

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"

	"iocp"
)

const (
	bufSize   = 100
	unsentMax = 1024 // messages that a member may be behind
)

// member is one connection: the key of its completions.
type member struct {
	sock   *iocp.Socket
	recv   iocp.Op
	buf    [bufSize]byte
	unsent int // under mu
}

var (
	mu      sync.Mutex
	members = map[*member]bool{}
)

func main() {
	if len(os.Args) != 2 {
		exit(fmt.Errorf("usage: %s <port>", os.Args[0]))
	}
	addr, err := netip.ParseAddrPort("0.0.0.0:" + os.Args[1])
	exit(err)
	port, err := iocp.New(iocp.Config{})
	exit(err)
	ln, err := port.Listen(addr, iocp.ListenConfig{})
	exit(err)
	exit(port.Associate(ln, nil))
	var accept iocp.Op
	exit(ln.AcceptMany(&accept))
	fmt.Println("listening on", ln.Addr())
	for range runtime.NumCPU() - 1 {
		go work(port)
	}
	work(port)
}

// work is a worker's life. The key tells what a completion is about.
func work(port *iocp.Port) {
	done := make([]iocp.Completion, 1)
	for w := port.Worker(); ; {
		_, err := w.Wait(done, iocp.Infinite)
		exit(err)
		switch key := done[0].Key.(type) {
		case nil: // the listener
			accepted(port, done[0])
		case *member:
			if done[0].Op == &key.recv {
				key.received(done[0])
			} else {
				key.sent(done[0].Err)
			}
		}
	}
}

func accepted(port *iocp.Port, c iocp.Completion) {
	if !c.More {
		exit(c.Err)
	}
	if c.Socket == nil { // for want of descriptors, perhaps: it goes on
		fmt.Fprintln(os.Stderr, c.Err)
		return
	}
	m := &member{sock: c.Socket}
	mu.Lock()
	members[m] = true
	mu.Unlock()
	if port.Associate(m.sock, m) != nil {
		m.leave()
		return
	}
	m.listen()
}

func (m *member) listen() {
	if m.sock.Recv(&m.recv, m.buf[:]) != nil {
		m.leave()
	}
}

func (m *member) received(c iocp.Completion) {
	fmt.Println("message received!")
	if c.Err != nil || c.N == 0 {
		m.leave()
		return
	}
	say(append([]byte(nil), m.buf[:c.N]...))
	m.listen()
}

// say starts the sends and waits for none, so that nobody is held up by a
// member who doesn't read. Such a one is sent away.
func say(text []byte) {
	mu.Lock()
	defer mu.Unlock()
	for m := range members {
		if m.unsent == unsentMax {
			m.sock.Abort() // its receive ends, and then it leaves
		} else if m.sock.Send(new(iocp.Op), text) == nil {
			m.unsent++
		}
	}
}

func (m *member) sent(err error) {
	mu.Lock()
	m.unsent--
	mu.Unlock()
	if err != nil {
		m.sock.Close()
	}
}

func (m *member) leave() {
	mu.Lock()
	delete(members, m)
	mu.Unlock()
	m.sock.Close()
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
