// Package sock declares the system calls of sockets and pipes that never wait:
// transfers, datagrams with their names, pipes. No policy, no locks.
package sock

// VecMax is how many buffers one transfer takes at most (IOV_MAX is 1024).
const VecMax = 16
