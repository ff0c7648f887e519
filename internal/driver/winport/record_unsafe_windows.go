package winport

import "unsafe"

const recordSize = unsafe.Sizeof(record{})

// addressOf is where the kernel finds a record: its OVERLAPPED is first in it.
func addressOf(r *record) uintptr { return uintptr(unsafe.Pointer(&r.ov)) }
