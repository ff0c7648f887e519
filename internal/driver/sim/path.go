package sim

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"iocp/internal/driver"
)

// place is what a Unix socket is bound to.
type place struct {
	h    driver.Handle
	key  string // in network.paths
	at   *driver.UnixFile
	made *os.File // held open, so that its number isn't another file's
}

// bind has a name lead to a socket. It makes what bind(2) makes, if not of the
// same kind, so that programs find it and may remove it.
func (n *network) bind(at *driver.UnixFile, h driver.Handle) (*place, error) {
	p := &place{h: h, key: key(at.Name), at: at}
	switch {
	case n.profile.lacks(partUnix):
		return nil, driver.ErrNotSupported
	case !isFile(at.Name):
		if n.paths[p.key] != nil {
			return nil, errInUse
		}
	default:
		f, err := os.OpenFile(at.Name, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, bindError(err)
		}
		p.hold(f)
		at.Bound()
	}
	n.paths[p.key] = p
	return p, nil
}

// hold keeps the file open where an open file can be removed and replaced.
func (p *place) hold(f *os.File) {
	if runtime.GOOS == "windows" { // whose numbers aren't used again soon
		f.Close()
		return
	}
	p.made = f
}

// bindError is the error of a path that can't be made.
func bindError(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return errInUse
	}
	return driver.Failed("bind", err)
}

// unbind removes a socket's place, if it has one.
func (n *network) unbind(p *place) {
	if p == nil {
		return
	}
	if n.paths[p.key] == p {
		delete(n.paths, p.key)
	}
	p.at.Remove()
	if p.made != nil {
		p.made.Close()
	}
}

// served finds the socket of a path.
func (n *network) served(path string) (driver.Handle, error) {
	if p := n.paths[key(path)]; p != nil {
		return p.h, nil
	}
	if isFile(path) {
		if _, err := os.Lstat(path); err == nil {
			return nil, errRefused // somebody left it behind
		}
	}
	return nil, errNoPath
}

// key is by what a name is found, from whatever folder.
func key(name string) string {
	if !isFile(name) {
		return name
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return abs
}

// isFile reports whether a path is a file's, and no name in the abstract
// namespace.
func isFile(path string) bool { return path[0] != '@' }
