package server_test

import (
	"strings"
	"sync"
	"testing"

	"iocp"
	"iocp/server"
)

// Connections that are dealt out to several ports are served as on one, and
// none is left over when the server ends.
func TestSeveralPorts(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		const ports, conns = 3, 32
		cfg.Ports = ports
		h := echo(t)
		var mu sync.Mutex
		used := map[uint64]bool{}
		h.open = func(c *server.Conn) {
			mu.Lock()
			defer mu.Unlock()
			used[c.ID()%ports] = true
		}
		srv, addr := serve(t, h, cfg)
		var clients sync.WaitGroup
		for i := range conns {
			c := dial(t, addr)
			clients.Go(func() { roundTrip(t, c, uint64(i), 100_000) })
		}
		clients.Wait()
		if st := srv.Stats(); st.Accepted != conns || st.BytesIn != conns*100_000 || st.BytesOut != st.BytesIn {
			t.Errorf("accepted %d, %d bytes in, %d out", st.Accepted, st.BytesIn, st.BytesOut)
		}
		if len(used) != ports {
			t.Errorf("%d of %d ports were used", len(used), ports)
		}
	})
}

func TestSeveralPortsAreTheServersOwn(t *testing.T) {
	port, err := iocp.New(iocp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	_, err = server.New(calls{}, server.Config{Port: port, Ports: 2})
	if err == nil || !strings.Contains(err.Error(), "Config.Ports") {
		t.Errorf("New with a port and two ports = %v", err)
	}
}
