// Command rio is the echo server on rio: a goroutine for each connection, on
// io_uring. It has one ring, whatever the loops asked for.
package main

import (
	"fmt"
	"math"
	"net"
	"runtime"
	"syscall"

	"github.com/brickingsoft/rio"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

// filesMin is how many files rio registers with its ring, without a setting for
// it. The kernel grants no more than RLIMIT_NOFILE.
const filesMin = math.MaxUint16

func serve(o peer.Options) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur < filesMin {
		return fmt.Errorf("rio needs RLIMIT_NOFILE to be at least %d; it is %d", filesMin, limit.Cur)
	}
	if o.Loops > 0 {
		runtime.GOMAXPROCS(o.Loops)
	}
	ln, err := rio.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	peer.Announce(ln.Addr())
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go echo(conn, make([]byte, o.Buffer))
	}
}

func echo(conn net.Conn, buf []byte) {
	defer conn.Close()
	if c, ok := conn.(*rio.TCPConn); ok {
		c.SetNoDelay(true)
	}
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if _, err := conn.Write(buf[:n]); err != nil {
			return
		}
	}
}
