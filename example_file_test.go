package iocp_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"iocp"
)

// A file is read piece by piece: each operation says where.
func ExamplePort_OpenFile() {
	dir, err := os.MkdirTemp("", "example")
	must(err)
	defer os.RemoveAll(dir)
	port, err := iocp.New(iocp.Config{})
	must(err)
	defer port.Close()
	f, err := port.OpenFile(filepath.Join(dir, "log"), os.O_RDWR|os.O_CREATE, 0o600)
	must(err)
	defer f.Close()
	must(port.Associate(f, "log"))
	w := port.Worker()
	defer w.Close()

	var op iocp.Op
	batch := make([]iocp.Completion, 1)
	must(f.WriteAt(&op, []byte("hello, file"), iocp.AtEnd))
	_, err = w.Wait(batch, iocp.Infinite)
	must(err)
	must(batch[0].Err)

	buf := make([]byte, 7)
	for off := int64(0); ; off += int64(batch[0].N) {
		must(f.ReadAt(&op, buf, off))
		_, err = w.Wait(batch, iocp.Infinite)
		must(err)
		if errors.Is(batch[0].Err, io.EOF) {
			fmt.Println("end of the file")
			return
		}
		must(batch[0].Err)
		fmt.Printf("%s: %q\n", batch[0].Key, buf[:batch[0].N])
	}

	// Output:
	// log: "hello, "
	// log: "file"
	// end of the file
}
