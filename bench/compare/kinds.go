package main

// kind is a kind of load, with who is compared under it when nobody is named,
// and how.
type kind struct {
	name     string
	unit     string    // what is counted
	clients  []program // that put it on, best first
	threads  int       // of the client; 0: one for each of its CPUs
	base     string
	everyone string
	silent   bool // nothing is sent once all connections are there, or what is sent doesn't count
	slow     bool // clients send and read next to nothing

	conns, sizes, depths string
}

// echoClients do the same, and the one in C takes less CPU for it.
var echoClients = []program{
	{name: "client-c", source: "c/client.c"},
	{name: "client-go", source: "./client"},
}

// That our server is among those it is compared with shows how much of a ratio
// is noise.
var kinds = []kind{
	{
		name:     "echo",
		unit:     "message",
		clients:  echoClients,
		base:     "server",
		everyone: "server,ours/1,ours/2,server-epoll,port,port-epoll,stdnet,gnet,gnet/1,nbio,netpoll,gaio,evio,evio/1,gain,rio,c-uring,c-uring/2,c-epoll,c-epoll/2,c-libuv,c-asio",
		conns:    "64",
		sizes:    "64,16384",
		depths:   "1",
	},
	{
		name:     "chat",
		unit:     "delivery",
		clients:  []program{{name: "fanout", source: "./fanout"}},
		threads:  1,
		base:     "chat",
		everyone: "chat,chat-epoll,nats,ergo,ngircd",
		conns:    "100",
		sizes:    "64",
		depths:   "1,512",
	},
	{
		name:     "idle",
		unit:     "connection",
		clients:  echoClients,
		base:     "server",
		everyone: "server,server-epoll,port,stdnet,gnet,nbio,netpoll,gaio,evio,gain,rio,c-uring,c-epoll,c-libuv,c-asio",
		silent:   true,
		conns:    "1000,10000,18000",
		sizes:    "64",
		depths:   "0",
	},
	{
		name:     "slow",
		unit:     "connection",
		clients:  []program{{name: "slow", source: "./slow", beside: "../cmd/iocp"}},
		base:     "server",
		everyone: "server,server-epoll,port,stdnet,gnet,nbio,netpoll,gaio,evio,gain,rio,c-uring,c-epoll,c-libuv,c-asio",
		silent:   true,
		slow:     true,
		conns:    "20",
		sizes:    "64",
		depths:   "0",
	},
}

func findKind(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}
