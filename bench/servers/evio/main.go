// Command evio is the echo server on evio, with a loop for each CPU and the
// input buffer shared, unless told otherwise.
package main

import (
	"github.com/tidwall/evio"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

func serve(o peer.Options) error {
	loops := o.Loops
	if loops == 0 {
		loops = -1 // evio's word for one for each CPU
	}
	return evio.Serve(evio.Events{
		NumLoops:    loops,
		LoadBalance: evio.RoundRobin,
		Serving: func(srv evio.Server) evio.Action {
			peer.Announce(srv.Addrs[0])
			return evio.None
		},
		Opened: func(evio.Conn) ([]byte, evio.Options, evio.Action) {
			return nil, evio.Options{ReuseInputBuffer: true}, evio.None
		},
		Data: func(_ evio.Conn, in []byte) ([]byte, evio.Action) { return in, evio.None },
	}, "tcp://"+o.Addr)
}
