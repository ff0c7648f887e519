//go:build !linux

package blocking

// append writes b at the end of the file.
func (f *File) append(b []byte) (int, error) { return f.appendBySize(b) }
