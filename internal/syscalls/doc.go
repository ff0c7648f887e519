// Package syscalls holds, in its tests, how many system calls an operation
// costs: an echo server on a port is driven by another process, and the calls
// that it makes meanwhile are divided by the messages. They are counted by
// internal/sys in a build with -race; no time is measured, so a slow machine
// counts the same.
//
// What the Go runtime calls (futex, above all) isn't seen here. The step
// syscalls of internal/check counts everything, from outside, but so slows the
// server down that it meets larger batches.
//
// Other tests here look at what the kernel has set for the port's sockets.
package syscalls
