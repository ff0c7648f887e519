package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"iocp/porttest"
	"iocp/server"
)

// What can only be seen of a process that does nothing but serve is tested on
// one: the test's own binary, started again with childMode set.
const (
	childMode    = "SERVER_TEST_CHILD"
	childBackend = "SERVER_TEST_BACKEND"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		runtime.MemProfileRate = 1 // for porttest.Allocations
		cfg := configFor(os.Getenv(childBackend))
		if err := child(childModes[mode](&cfg), cfg); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// childModes are the servers that a child can be.
var childModes = map[string]func(*server.Config) server.Handler{
	"echo": func(*server.Config) server.Handler {
		return calls{open: greet, data: func(c *server.Conn, data []byte) { c.TrySend(data) }}
	},
	"fanout": func(*server.Config) server.Handler { return &room{} },
}

// greet tells a client that its connection is open here too.
func greet(c *server.Conn) { c.TrySend([]byte{'+'}) }

// room sends what one says to everybody.
type room struct {
	server.NopHandler
	mu      sync.Mutex
	members []*server.Conn
}

func (r *room) OnOpen(c *server.Conn) {
	r.mu.Lock()
	r.members = append(r.members, c)
	r.mu.Unlock()
	greet(c)
}

func (r *room) OnData(_ *server.Conn, data []byte) {
	s := server.Share(data)
	defer s.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.members {
		c.TrySendShared(s)
	}
}

// Questions to a child, a byte of its input each.
const (
	askAllocations = '?' // how many objects it has allocated since the last time, and where
	askHeap        = 'h' // how many bytes of its heap are in use
)

// child serves, says where, and answers questions.
func child(h server.Handler, cfg server.Config) error {
	srv, err := server.New(h, cfg)
	if err != nil {
		return err
	}
	ln, err := srv.Listen(loopback)
	if err != nil {
		return err
	}
	go srv.Serve(ln)
	fmt.Println(ln.Addr())
	var allocations porttest.Allocations
	for b := make([]byte, 1); ; {
		if _, err := os.Stdin.Read(b); err != nil {
			return nil
		}
		if b[0] == askHeap {
			fmt.Println(heapInUse())
		} else {
			fmt.Println(allocations.Grown())
		}
	}
}

// heapInUse has the pools be emptied too, which takes two collections.
func heapInUse() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// process is a running child.
type process struct {
	addr netip.AddrPort
	in   io.Writer
	out  *bufio.Reader
}

func startChild(t *testing.T, mode, backend string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childBackend+"="+backend)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // which ends it
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server process: %v", err)
		}
	})
	p := &process{in: in, out: bufio.NewReader(out)}
	var addr string
	if _, err := fmt.Fscanln(p.out, &addr); err != nil {
		t.Fatal(err)
	}
	p.addr = netip.MustParseAddrPort(addr)
	return p
}

// allocations asks the child what it has allocated since it was last asked.
func (p *process) allocations(t *testing.T) (n int64, places string) {
	t.Helper()
	return p.ask(t, askAllocations)
}

func (p *process) ask(t *testing.T, question byte) (n int64, more string) {
	t.Helper()
	if _, err := p.in.Write([]byte{question}); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	count, more, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	if n, err = strconv.ParseInt(count, 10, 64); err != nil {
		t.Fatal(err)
	}
	return n, more
}
