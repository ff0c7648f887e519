package iocp

import (
	"iocp/internal/driver"
	"iocp/internal/driver/epoll"
	"iocp/internal/driver/portable"
	"iocp/internal/driver/uring"
)

// candidates are the backends of Linux, best first.
var candidates = []driver.Backend{uring.Backend{}, epoll.Backend{}, portable.Backend{}}
