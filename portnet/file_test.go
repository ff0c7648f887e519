package portnet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"iocp/portnet"
)

// fileOf makes a file that is read from a position on.
func fileOf(t *testing.T, content []byte, at int64) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

// What is sent of a file is what reading it would have given, and the file is where
// reading would have left it.
func TestReadFrom(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	for _, test := range []struct {
		name      string
		at, limit int64 // a limit of 0 is none
	}{{"whole", 0, 0}, {"offset", 1234, 0}, {"limit", 0, 100_000}, {"both", 777, 5}, {"beyond", 1 << 18, 0}, {"more", 1 << 17, 1 << 20}} {
		t.Run(test.name, func(t *testing.T) {
			overBackends(t, func(t *testing.T, n *portnet.Network) {
				f := fileOf(t, content, test.at)
				os.Remove(f.Name()) // where it can be done: what counts is what is open
				want := content[test.at:]
				var r io.Reader = f
				if test.limit > 0 {
					r, want = io.LimitReader(f, test.limit), want[:min(test.limit, int64(len(want)))]
				}
				c, peer := pair(t, n, "tcp")
				sending := failed(func() error {
					sent, err := io.Copy(c, r)
					if err == nil && sent != int64(len(want)) {
						err = fmt.Errorf("sent %d, want %d", sent, len(want))
					}
					return errors.Join(err, c.CloseWrite())
				})
				if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, want) {
					t.Errorf("read %d bytes of %d, %v", len(got), len(want), err)
				}
				if err := next(t, sending); err != nil {
					t.Error(err)
				}
				if l, ok := r.(*io.LimitedReader); ok && l.N != test.limit-int64(len(want)) {
					t.Errorf("%d are left of the limit", l.N)
				}
				if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != test.at+int64(len(want)) {
					t.Errorf("the file is at %d, %v; want %d", at, err, test.at+int64(len(want)))
				}
			})
		})
	}
}

// mumbler is a file, but reads something else.
type mumbler struct{ *os.File }

func (m mumbler) Read(b []byte) (int, error) {
	n, err := m.File.Read(b)
	copy(b[:n], bytes.Repeat([]byte("?"), n))
	return n, err
}

func TestReadFromOther(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		f := fileOf(t, []byte("secret"), 0)
		c, peer := pair(t, n, "tcp")
		if _, err := c.ReadFrom(io.LimitReader(mumbler{f}, 10)); err != nil {
			t.Fatal(err)
		}
		c.Close()
		if got, err := io.ReadAll(peer); string(got) != "??????" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// A file that isn't open for reading is not read behind its owner's back.
func TestReadFromWriteOnly(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		f, err := os.OpenFile(fileOf(t, []byte("secret"), 0).Name(), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		c, _ := pair(t, n, "tcp")
		if sent, err := c.ReadFrom(f); sent != 0 || err == nil {
			t.Errorf("sent %d bytes, %v", sent, err)
		}
	})
}
