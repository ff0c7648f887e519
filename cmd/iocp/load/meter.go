package load

import (
	"fmt"
	"time"

	"iocp/cmd/iocp/internal/usage"
)

// meter reads CPU time: this process's, and the server's if it is known.
type meter struct {
	server *usage.Process
	rss    int64 // the server's, before there were any connections
}

func newMeter(serverPID int) (*meter, error) {
	if serverPID == 0 {
		return &meter{}, nil
	}
	server, err := usage.Open(serverPID)
	if err != nil {
		return nil, fmt.Errorf("%w: see that --server-pid is the server's, or leave it out", err)
	}
	return &meter{server, server.RSS()}, nil
}

// read gives both.
func (m *meter) read() (own, server time.Duration) {
	if m.server != nil {
		server = m.server.CPU()
	}
	return usage.Self(), server
}
