//go:build !linux && !windows

package usage

import "errors"

// Open finds a process, which only Linux and Windows let it do.
func Open(int) (*Process, error) {
	return nil, errors.New("the use of another process can be read on Linux and Windows only")
}
