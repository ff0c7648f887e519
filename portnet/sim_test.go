package portnet_test

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"iocp"
	"iocp/portnet"
)

// On rough networks anything may fail; what arrives is right, and nothing hangs.
func TestSeeds(t *testing.T) {
	for seed := range 30 {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
			n := open(t, fmt.Sprintf("sim:%d:rough/portnet", seed))
			right := 0
			for range 20 {
				got, err := shouted(n, "a message of some length\n")
				switch {
				case err != nil:
				case got == "A MESSAGE OF SOME LENGTH\n":
					right++
				default:
					t.Errorf("got %q", got)
				}
			}
			if right == 0 {
				t.Error("nothing came through")
			}
		})
	}
}

// A port that can't go on ends all calls.
func TestPollingFails(t *testing.T) {
	for seed := range 10 {
		n, err := portnet.New(iocp.Config{Backend: fmt.Sprintf("sim:%d:failing/portnet", seed)})
		if err != nil {
			t.Fatal(err)
		}
		ln, err := n.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		accepting := failed(func() error {
			for {
				if c, err := ln.Accept(); err != nil {
					return err
				} else if failed(func() error { return read(c) }) == nil {
					return nil
				}
			}
		})
		d := portnet.Dialer{Network: n}
		for err == nil {
			var c net.Conn
			if c, err = d.Dial("tcp", ln.Addr().String()); err == nil {
				_, err = c.Write([]byte("x"))
			}
		}
		if err := next(t, accepting); err == nil {
			t.Error("Accept goes on")
		}
		var op *iocp.OpError
		if err := n.Close(); !errors.As(err, &op) || op.Op != "poll" {
			t.Errorf("seed %d: Close = %v", seed, err)
		}
	}
}

// That descriptors ran out is an error after which servers accept again.
func TestAcceptTemporary(t *testing.T) {
	n := open(t, "sim:1:rough/portnet")
	ln := listen(t, n, "tcp")
	go func() {
		for d := (portnet.Dialer{Network: n}); ; {
			c, err := d.Dial("tcp", ln.Addr().String())
			if err == nil {
				c.Close()
			} else if errors.Is(err, net.ErrClosed) {
				return
			}
		}
	}()
	for {
		c, err := ln.Accept()
		if err == nil {
			c.Close()
			continue
		}
		var e *net.OpError
		if !errors.As(err, &e) || !e.Temporary() || !errors.Is(err, iocp.ErrLimit) {
			t.Errorf("%v, want a temporary error", err)
		}
		return
	}
}
