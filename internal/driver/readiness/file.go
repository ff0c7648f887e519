//go:build linux || darwin || freebsd

package readiness

import (
	"io/fs"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// Threads implements blocking.Host.
func (p *Port) Threads() *blocking.Pool { return p.threads }

// OpenFile implements driver.FilePort. Files are always ready, as poll(2) has
// it, so readiness says nothing about them, and io_uring would leave a read
// pending on the thread that asked for it: a pool reads and writes them.
func (p *Port) OpenFile(name string, flag int, perm fs.FileMode) (driver.File, error) {
	f, err := blocking.Open(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}
