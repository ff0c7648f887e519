//go:build !darwin && !freebsd

package kqueue

// User is a filter for events that the program makes.
const User = -10

// Room is for what a queue tells: the kernel's form of it.
type Room struct{}

// NewRoom makes room for so many events.
func NewRoom(int) Room { return Room{} }
