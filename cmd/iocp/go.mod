module iocp/cmd/iocp

go 1.26

require iocp v0.0.0

replace iocp => ../..
