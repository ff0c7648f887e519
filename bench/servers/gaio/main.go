// Command gaio is the echo server on gaio: one watcher, as in its README,
// unless told otherwise.
package main

import (
	"net"

	"github.com/xtaci/gaio"

	"iocp/bench/internal/peer"
)

func main() { peer.Main(serve) }

func serve(o peer.Options) error {
	watchers := make([]*gaio.Watcher, max(o.Loops, 1))
	for i := range watchers {
		w, err := gaio.NewWatcher()
		if err != nil {
			return err
		}
		watchers[i] = w
		go echo(w)
	}
	ln, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	peer.Announce(ln.Addr())
	for i := 0; ; i++ {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		w := watchers[i%len(watchers)]
		if err := w.Read(nil, conn, make([]byte, o.Buffer)); err != nil {
			return err
		}
	}
}

func echo(w *gaio.Watcher) {
	for {
		results, err := w.WaitIO()
		if err != nil {
			return
		}
		for _, r := range results {
			handle(w, r)
		}
	}
}

func handle(w *gaio.Watcher, r gaio.OpResult) {
	switch {
	case r.Error != nil, r.Size == 0:
		w.Free(r.Conn)
	case r.Operation == gaio.OpRead:
		w.Write(nil, r.Conn, r.Buffer[:r.Size])
	case r.Operation == gaio.OpWrite:
		w.Read(nil, r.Conn, r.Buffer[:cap(r.Buffer)])
	}
}
