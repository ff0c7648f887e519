//go:build race

package syscalls

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const (
	peerConns = "IOCP_TEST_PEER_CONNS" // marks a process that is the other ends
	peerAddr  = "IOCP_TEST_PEER_ADDR"

	// bound is how long anything may take that is waited for.
	bound = time.Minute

	messageLen = 64
)

// TestMain is also the process of the other ends, whose system calls mustn't
// count with the server's.
func TestMain(m *testing.M) {
	if n := os.Getenv(peerConns); n != "" {
		if err := bePeer(os.Getenv(peerAddr), n); err != nil {
			fmt.Fprintln(os.Stderr, "peer:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// bePeer connects, and then does as each byte of the standard input says:
// w, send a message on every connection; r, receive one on every connection.
// It says when that is done.
func bePeer(addr, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	conns := make([]net.Conn, n)
	for i := range conns {
		if conns[i], err = net.Dial("tcp4", addr); err != nil {
			return err
		}
		defer conns[i].Close()
	}
	orders, message := bufio.NewReader(os.Stdin), make([]byte, messageLen)
	for {
		fmt.Println("done")
		order, err := orders.ReadByte()
		if err != nil {
			return nil // the test is over
		}
		for _, c := range conns {
			c.SetDeadline(time.Now().Add(bound))
			if order == 'w' {
				_, err = c.Write(message)
			} else {
				_, err = io.ReadFull(c, message)
			}
			if err != nil {
				return err
			}
		}
	}
}

// peer is that process, as seen from the test.
type peer struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func startPeer(t *testing.T, addr netip.AddrPort, conns int) *peer {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), peerConns+"="+strconv.Itoa(conns), peerAddr+"="+addr.String(), "GORACE=atexit_sleep_ms=0")
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
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("the peer process: %v", err)
		}
	})
	return &peer{t, in, bufio.NewReader(out)}
}

// order has the peer do something.
func (p *peer) order(what byte) {
	p.t.Helper()
	if _, err := p.in.Write([]byte{what}); err != nil {
		p.t.Fatal(err)
	}
}

// done waits until the last order, or connecting, is done.
func (p *peer) done() {
	p.t.Helper()
	if _, err := p.out.ReadString('\n'); err != nil {
		p.t.Fatalf("the peer process ended: %v", err)
	}
}
