// Package model holds the completion port against a small model of it, in its
// tests: random programs of operations, cancels, shutdowns, closes and waits
// run on every backend, and after each step the model says what the port may
// have done and what it must have.
//
// Some programs have several workers, which one goroutine leads or which have one
// each.
//
// Both ends of each connection are sockets of the port under test, so that the
// programs run on a simulated network as well, where one that fails is the same
// again for its seed. Package porttest has the foreign ends.
package model
