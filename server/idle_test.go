//go:build linux && !race

package server_test

import (
	"testing"

	"iocp/server"
)

// idleMost is how many bytes of heap an idle connection may have. It only falls.
const idleMost = 310

// A connection that has said something once, and is silent since.
func TestIdleConnectionBytes(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg server.Config) {
		backend := cfg.PortConfig.Backend
		if backend != "uring" && backend != "epoll" {
			t.Skipf("capability: %s isn't held to it", backend)
		}
		const few, many = 200, 2200
		p := startChild(t, "echo", backend)
		before := idle(t, p, few)
		each := float64(idle(t, p, many-few)-before) / (many - few)
		t.Logf("%.1f bytes of heap for each", each)
		if each > idleMost {
			t.Errorf("%.1f bytes of heap for an idle connection, not %d", each, idleMost)
		}
	})
}

// idle makes so many more connections, each of which says something, and reports
// how large the child's heap is then.
func idle(t *testing.T, p *process, more int) (heap int64) {
	t.Helper()
	buf := make([]byte, 64)
	for range more {
		c := dial(t, p.addr)
		expect(t, c, "+")
		if err := exchange(c, buf); err != nil {
			t.Fatal(err)
		}
	}
	return p.heap(t)
}

// heap asks the child how many bytes of its heap are in use.
func (p *process) heap(t *testing.T) int64 {
	t.Helper()
	n, _ := p.ask(t, askHeap)
	return n
}
