package iocp_test

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"iocp"
)

// stallMark, in the environment, makes the test binary an echo server whose
// handlers can be stuck: "backend handler beside". What begins with a 1 is echoed
// only when the stall called handler is over; the one called beside goes on all
// the time in a goroutine that is none of the port's.
const stallMark = "IOCP_TEST_STALL"

// stallTime is how long a handler is stuck at a time.
const stallTime = 100 * time.Millisecond

// serveStall is the server. It prints its address and ends with its input.
func serveStall(what string) {
	words := strings.Fields(what)
	p, err := iocp.New(iocp.Config{Backend: words[0], Concurrency: 4})
	dieOf(err)
	ln, err := p.Listen(netip.MustParseAddrPort("127.0.0.1:0"), iocp.ListenConfig{})
	dieOf(err)
	dieOf(p.Associate(ln, nil))
	var accept iocp.Op
	dieOf(ln.AcceptMany(&accept))
	for range 4 {
		go echoOrStall(p, stallOf(words[1]))
	}
	if beside := stallOf(words[2]); beside != nil {
		go func() {
			for {
				beside()
			}
		}()
	}
	fmt.Println(ln.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func dieOf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func stallOf(name string) func() {
	switch name {
	case "sleep":
		return func() { time.Sleep(stallTime) }
	case "spin":
		return func() {
			for end := time.Now().Add(stallTime); time.Now().Before(end); {
			}
		}
	case "fsync":
		return flushFile
	}
	return nil
}

// flushFile is a system call that no signal interrupts.
func flushFile() {
	f, err := os.Create(filepath.Join(os.TempDir(), fmt.Sprintf("iocp-stall-%d", os.Getpid())))
	dieOf(err)
	defer os.Remove(f.Name())
	defer f.Close()
	f.Write(make([]byte, 64<<20))
	f.Sync()
}

// echoOrStall echoes what begins with anything but a 1, which stalls it first.
func echoOrStall(p *iocp.Port, stall func()) {
	w := p.Worker()
	defer w.Close()
	done := make([]iocp.Completion, 1)
	for {
		if _, err := w.Wait(done, iocp.Infinite); err != nil {
			return
		}
		d := done[0]
		c, _ := d.Key.(*conn)
		if d.Socket != nil {
			c = &conn{sock: d.Socket}
			d.Err = p.Associate(c.sock, c)
		} else if c != nil && c.reading && d.N > 0 && c.buf[0] == 1 {
			stall()
		}
		if c != nil && (d.Err != nil || c.next(d.N) != nil) {
			c.sock.Close()
		}
	}
}
