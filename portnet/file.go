package portnet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"runtime"
	"syscall"

	"iocp"
)

// ReadFrom writes what r has, to its end. A regular file, or a part of one (an
// io.LimitedReader of it, as io.CopyN makes), goes from the system's cache to
// the connection without passing through the program, on Linux
// (iocp.Socket.SendFile); its position moves on by what was sent. Elsewhere, and
// for all other readers, it is read and written. Other writes may come
// between what is read and written so.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	sent, err := c.sendFile(r)
	if err != nil {
		return sent, c.fail("write", err)
	}
	more, err := io.Copy(struct{ io.Writer }{c}, r) // what it has got since, or all
	return sent + more, err
}

// part is what is to be sent of a file.
type part struct {
	file   file
	limit  *io.LimitedReader // nil for none
	off, n int64
}

// file is what an *os.File can do here. os.File.WriteTo, and so io.Copy, shows it in a
// type of package os that isn't exported.
type file interface {
	io.Seeker
	syscall.Conn
	Stat() (os.FileInfo, error)
}

// osFile recognizes a file. What only embeds one may read something else.
func osFile(r io.Reader) (file, bool) {
	f, ok := r.(file)
	if !ok {
		return nil, false
	}
	t := reflect.TypeOf(r)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f, t.PkgPath() == "os"
}

// partOf is what there is to send if r is a regular file, or some of one.
func partOf(r io.Reader) (p part, ok bool) {
	n := int64(math.MaxInt64)
	p.limit, ok = r.(*io.LimitedReader)
	if ok {
		r, n = p.limit.R, p.limit.N
	}
	if p.file, ok = osFile(r); !ok || n <= 0 {
		return p, false
	}
	info, err := p.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return p, false
	}
	if p.off, err = p.file.Seek(0, io.SeekCurrent); err != nil {
		return p, false
	}
	p.n = min(n, info.Size()-p.off)
	return p, p.n > 0
}

// took moves the reader on, by what was sent.
func (p part) took(n int64) error {
	if p.limit != nil {
		p.limit.N -= n
	}
	_, err := p.file.Seek(p.off+n, io.SeekStart)
	return err
}

// sendFile sends what r is known to have, if it is a file that the port can open.
// Nothing sent and no error is the answer for all else.
func (c *Conn) sendFile(r io.Reader) (int64, error) {
	p, ok := partOf(r)
	if !ok {
		return 0, nil
	}
	f, err := c.net.reopen(p.file)
	if err != nil {
		return 0, nil
	}
	defer f.Close()
	sent, err := c.sendPart(f, p.off, p.n)
	return sent, errors.Join(err, p.took(sent))
}

// sendPart has the turn for the whole part. A file that has become shorter has ended.
func (c *Conn) sendPart(f *iocp.File, off, n int64) (sent int64, err error) {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	for sent < n {
		once := min(n-sent, math.MaxInt32)
		got, err := c.out.do(func(op *iocp.Op) error { return c.sock.SendFile(op, f, off+sent, once) })
		sent += int64(got)
		switch {
		case err == nil, errors.Is(err, iocp.ErrAborted):
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, iocp.ErrNotSupported):
			return sent, nil
		default:
			return sent, err
		}
	}
	return sent, nil
}

// errNoWay says that a file can't be opened again.
var errNoWay = errors.New("no way to open the same file again")

// reopen opens for the port the very file that is open already, whatever its name
// leads to by now: Linux has names for that (proc_pid_fd(5)), with the mode in which
// it is open as theirs. Elsewhere such a name would be anybody's file.
func (n *Network) reopen(f file) (again *iocp.File, err error) {
	if runtime.GOOS != "linux" {
		return nil, errNoWay
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	failed := raw.Control(func(fd uintptr) {
		name := fmt.Sprintf("/proc/self/fd/%d", fd)
		var link os.FileInfo
		link, err = os.Lstat(name)
		if err == nil && link.Mode()&0o400 == 0 {
			err = errNoWay // it isn't open for reading
		}
		if err == nil {
			again, err = n.port.OpenFile(name, os.O_RDONLY, 0)
		}
	})
	return again, errors.Join(failed, err)
}
