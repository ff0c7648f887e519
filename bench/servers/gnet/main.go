// Command gnet is the echo server on gnet v2, with an event loop for each CPU
// unless told otherwise.
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/panjf2000/gnet/v2"
	"go.uber.org/zap"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

type echo struct{ gnet.BuiltinEventEngine }

func (*echo) OnBoot(eng gnet.Engine) gnet.Action {
	if err := announce(eng); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return gnet.Shutdown
	}
	return gnet.None
}

// announce finds the port out, which gnet itself doesn't tell.
func announce(eng gnet.Engine) error {
	fd, err := eng.Dup()
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	ln, err := net.FileListener(file)
	if err != nil {
		return err
	}
	defer ln.Close()
	peer.Announce(ln.Addr())
	return nil
}

func (*echo) OnTraffic(c gnet.Conn) gnet.Action {
	data, _ := c.Next(-1)
	c.Write(data)
	return gnet.None
}

func serve(o peer.Options) error {
	loops := gnet.WithMulticore(true)
	if o.Loops > 0 {
		loops = gnet.WithNumEventLoop(o.Loops)
	}
	return gnet.Run(new(echo), "tcp://"+o.Addr, loops, gnet.WithLogger(zap.NewNop().Sugar()))
}
