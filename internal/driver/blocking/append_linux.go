package blocking

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// append writes b at the end of the file, wherever that is by then: one call
// of pwritev2(2) with RWF_APPEND (Linux 4.16), which nobody else's append gets
// in between. What it leaves to be written is another such call.
func (f *File) append(b []byte) (n int, err error) {
	if driver.FeatureAppend.Disabled() != nil {
		return f.appendBySize(b)
	}
	raw, err := f.os.SyscallConn()
	if err != nil {
		return 0, err
	}
	for n < len(b) && err == nil {
		var m int
		var errno error
		piece := b[n:min(len(b), n+driver.TransferMax)]
		err = raw.Control(func(fd uintptr) { m, errno = unix.Pwritev2(int(fd), [][]byte{piece}, 0, unix.RWF_APPEND) })
		n += max(m, 0)
		if errno != nil && errno != unix.EINTR {
			err = errno
		}
	}
	if n == 0 && withheld(err) {
		return f.appendBySize(b)
	}
	return n, err
}

// withheld reports whether a kernel may lack a call, or a profile refuse it
// (seccomp(2)). Should it be the file that refuses, any other call tells again.
func withheld(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission)
}
