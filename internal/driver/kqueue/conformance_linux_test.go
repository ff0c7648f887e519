package kqueue

import (
	"testing"

	"iocp"
	"iocp/internal/driver"
	"iocp/internal/driver/eventset/queuetest"
	"iocp/porttest"
)

// TestConformance holds the backend to the contract where there is no kqueue(2), over
// a queue made of epoll.
func TestConformance(t *testing.T) {
	const name = "kqueue-on-epoll"
	driver.Register(Backend{name, queuetest.New})
	t.Run(name, func(t *testing.T) {
		porttest.Run(t, porttest.Harness{Name: name, New: func(t testing.TB, cfg iocp.Config) *iocp.Port {
			t.Helper()
			cfg.Backend = name
			p, err := iocp.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}})
	})
}
