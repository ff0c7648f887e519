//go:build !unix && !windows

package driver

// Systems without sockets of their own, such as WebAssembly's, have no table: what
// their calls fail with is ErrUnclassified.
var classes, fileClasses, pipeClasses, peerClasses table
