package iocp

import (
	"fmt"
	"strings"

	"iocp/internal/driver"
)

// checkUnixName refuses what no Unix socket can be named: systems cut a name at
// a NUL, without a word, and connect, bind or send to another then.
func checkUnixName(name string) error {
	longest := driver.UnixNameMax
	if !driver.AbstractName(name) {
		longest--
	}
	switch {
	case name == "":
		return fmt.Errorf("%w: the path is empty", ErrInvalid)
	case name == "@":
		return fmt.Errorf("%w: the name has nothing behind its @", ErrInvalid)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%w: the path has a NUL byte in it", ErrInvalid)
	case len(name) > longest:
		return fmt.Errorf("%w: the path has %d bytes, and the system takes %d; a relative one may be shorter", ErrInvalid, len(name), longest)
	}
	return nil
}
