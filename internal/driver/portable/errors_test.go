package portable

import (
	"errors"
	"net"
	"os"
	"testing"

	"iocp/internal/driver"
)

// What package net wraps a number in doesn't change its class.
func TestNumbersKeepTheirClass(t *testing.T) {
	for failed, table := range driver.Tables() {
		for errno, class := range table {
			for _, err := range []error{
				errno,
				os.NewSyscallError("connect", errno),
				&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)},
			} {
				var sys *driver.SysError
				if got := classify(err, failed); !errors.As(got, &sys) || sys.Class != class || sys.Errno != errno {
					t.Errorf("%v became %v, want class %v", err, got, class)
				}
			}
		}
	}
}
