package iocp

import (
	"iocp/internal/driver"
	"iocp/internal/driver/portable"
	"iocp/internal/driver/winport"
)

// candidates are the backends of Windows, best first.
var candidates = []driver.Backend{winport.Backend{}, portable.Backend{}}
