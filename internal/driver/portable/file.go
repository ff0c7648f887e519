package portable

import (
	"io/fs"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// Threads implements blocking.Host.
func (p *port) Threads() *blocking.Pool { return p.threads }

// OpenFile opens a file whose operations the port's pool of threads carries out.
func (p *port) OpenFile(name string, flag int, perm fs.FileMode) (driver.File, error) {
	f, err := blocking.Open(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}
