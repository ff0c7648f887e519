//go:build darwin || freebsd

package sock

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Message describes one datagram: the name that it goes to or came from, and its
// bytes.
type Message = plainMessage

// Recv receives into the first bytes of bufs, so many at most, without waiting.
// With peek the data stays queued. There are VecMax buffers at most.
func Recv(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	return recvPlain(fd, bufs, bytes, peek)
}

// Send sends the first bytes of bufs, so many at most, without waiting. There
// are VecMax buffers at most.
func Send(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return sendPlain(fd, bufs, bytes)
}

// SendOne is Send for one buffer.
func SendOne(fd int, b []byte) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return plain(unix.Write(fd, b))
}

// RecvMessage receives one datagram without waiting.
func RecvMessage(fd int, m *Message) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	return recvMessagePlain(fd, m)
}

// SendMessage sends one datagram without waiting.
func SendMessage(fd int, m *Message) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return sendMessagePlain(fd, m)
}

// Read reads from a pipe into the first bytes of bufs, so many at most. With peek it
// only tells whether a read would wait.
func Read(fd int, bufs [][]byte, bytes int, peek bool) (int, syscall.Errno) {
	calls.Count(calls.Recv)
	return readPlain(fd, bufs, bytes, peek)
}

// Write writes the first bytes of bufs, so many at most, to a pipe.
func Write(fd int, bufs [][]byte, bytes int) (int, syscall.Errno) {
	calls.Count(calls.Send)
	return writePlain(fd, bufs, bytes)
}
