package eventset_test

import (
	"iocp/internal/driver/eventset"
	"iocp/internal/driver/eventset/queuetest"
)

// systems are those that this kernel has, or can be made to have.
var systems = map[string]eventset.System{
	"epoll":           eventset.Epoll(),
	"kqueue-on-epoll": eventset.Kqueue(queuetest.New),
}
