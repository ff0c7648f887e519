package reserve

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// reserve commits, which counts against the size of the paging file: Windows has
// nothing that would do without.
func reserve(size int) ([]byte, func() error, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, nil, err
	}
	memory := *(*unsafe.Pointer)(unsafe.Pointer(&addr)) // not the collector's
	return unsafe.Slice((*byte)(memory), size), func() error { return windows.VirtualFree(addr, 0, windows.MEM_RELEASE) }, nil
}
