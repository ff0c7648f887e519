package blocking

import (
	"errors"
	"io/fs"
	"testing"

	"iocp/internal/driver"
)

// What package os wraps a number in doesn't change what it means of a file.
func TestNumbersKeepTheirClass(t *testing.T) {
	for _, table := range driver.Tables() {
		for errno := range table {
			want := driver.FileFailed("write", errno).(*driver.SysError)
			for _, err := range []error{errno, &fs.PathError{Op: "write", Path: "file", Err: errno}} {
				var got *driver.SysError
				if is := sysError(err); !errors.As(is, &got) || got.Class != want.Class || got.Errno != errno {
					t.Errorf("%v became %v, want class %v", err, is, want.Class)
				}
			}
		}
	}
}
