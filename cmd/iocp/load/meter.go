package load

import "time"

// meter reads CPU time: this process's, and the server's if it is known.
type meter struct{ server func() (time.Duration, error) }

func newMeter(serverPID int) (*meter, error) {
	if serverPID == 0 {
		return &meter{}, nil
	}
	server, err := processClock(serverPID)
	if err != nil {
		return nil, err
	}
	return &meter{server}, nil
}

// read gives both. A server that has ended has no clock any more: 0.
func (m *meter) read() (own, server time.Duration) {
	if m.server != nil {
		server, _ = m.server()
	}
	return ownCPU(), server
}
