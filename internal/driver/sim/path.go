package sim

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"iocp/internal/driver"
)

// pathMax is how long a path may be: sun_path on Linux, with the zero that ends
// it (unix(7)).
const pathMax = 107

// bind has a path lead to a socket. It makes what bind(2) makes, if not of the
// same kind, so that programs find it and may remove it.
func (n *network) bind(path string, h driver.Handle) error {
	switch {
	case n.weather.lacks(partUnix):
		return driver.ErrNotSupported
	case len(path) > pathMax:
		return driver.ErrInvalid
	case !isFile(path):
		if n.paths[path] != nil {
			return errInUse
		}
	default:
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return bindError(err)
		}
		f.Close()
	}
	n.paths[path] = h
	return nil
}

// bindError is the error of a path that can't be made.
func bindError(err error) error {
	class := driver.ErrUnclassified
	switch {
	case errors.Is(err, fs.ErrExist):
		return errInUse
	case errors.Is(err, fs.ErrPermission):
		class = driver.ErrAccess
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	return sysError("bind", class, errno)
}

// unbind removes a socket's path.
func (n *network) unbind(path string, h driver.Handle) {
	if path == "" || n.paths[path] != h {
		return
	}
	delete(n.paths, path)
	if isFile(path) {
		os.Remove(path)
	}
}

// served finds the socket of a path.
func (n *network) served(path string) (driver.Handle, error) {
	if h := n.paths[path]; h != nil {
		return h, nil
	}
	if isFile(path) {
		if _, err := os.Lstat(path); err == nil {
			return nil, errRefused // somebody left it behind
		}
	}
	return nil, errNoPath
}

// isFile reports whether a path is a file's, and no name in the abstract
// namespace.
func isFile(path string) bool { return path[0] != '@' }
