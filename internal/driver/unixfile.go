package driver

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
)

// UnixFile is the name that a Unix socket is bound to, and the file that bind(2)
// makes for it: it goes when the socket is closed, but no other does that has
// taken its place meanwhile.
type UnixFile struct {
	Name string // empty for a socket that isn't bound

	path string      // absolute: the process may change its folder
	file fs.FileInfo // which file it is; nil if there is none
	keep atomic.Bool
}

// Bound is called when the name has been bound to.
func (f *UnixFile) Bound() {
	if f.Name == "" || AbstractName(f.Name) {
		return
	}
	path, err := filepath.Abs(f.Name)
	if err != nil {
		path = f.Name
	}
	f.path = path
	if f.file, err = os.Lstat(path); err == nil {
		os.SameFile(f.file, f.file) // Windows reads the number only now
	}
}

// Keep says whether Remove is to leave the file.
func (f *UnixFile) Keep(on bool) { f.keep.Store(on) }

// Remove removes the file, if it is still the same. The socket must be open:
// after that its number may be another file's.
func (f *UnixFile) Remove() {
	if f.file == nil || f.keep.Load() {
		return
	}
	now, err := os.Lstat(f.path)
	if err == nil && os.SameFile(f.file, now) {
		os.Remove(f.path)
	}
	f.file = nil
}

// AbstractName reports whether a Unix socket's name is one in the abstract
// namespace, and no file's (unix(7)).
func AbstractName(name string) bool {
	return slices.Contains([]string{"linux", "android", "windows"}, runtime.GOOS) && len(name) > 0 && name[0] == '@'
}
