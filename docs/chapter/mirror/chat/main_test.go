package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"iocp/docs/chapter/mirror/mirrortest"
)

func TestMain(m *testing.M) { mirrortest.Main(m, main) }

// join connects and waits until the member is in the room, which hears it.
func join(p *mirrortest.Program) net.Conn {
	c := p.Dial()
	p.Echoes(c, "[new] here\n")
	return c
}

// Who leaves takes nobody along: the original shifts its array wrongly, and
// others stop receiving.
func TestLeaving(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out)
	var room []net.Conn
	for range 5 {
		c := join(p)
		for _, other := range room {
			p.Hears(other, "[new] here\n")
		}
		room = append(room, c)
	}
	for len(room) > 1 {
		middle := len(room) / 2
		mirrortest.Must(t, room[middle].Close())
		room = append(room[:middle], room[middle+1:]...)
		text := fmt.Sprintf("[first] %d left\n", len(room))
		_, err := io.WriteString(room[0], text)
		mirrortest.Must(t, err)
		for _, c := range room {
			p.Hears(c, text)
		}
	}
}

// The original has room for 256, and doesn't look.
func TestManyMembers(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out)
	var room []net.Conn
	for range 300 {
		c := p.Dial()
		room = append(room, c)
	}
	// Each hears itself last, and by then everybody before has.
	for _, c := range room {
		go io.Copy(io.Discard, c)
	}
	last := join(p)
	p.Echoes(last, "[last] hello\n")
}

// patience is for filling the kernel's buffers, some megabytes, with messages of
// a hundred bytes.
const patience = time.Minute

// One who doesn't read holds up nobody, and is sent away. In the original a
// blocking send inside a worker freezes the room.
func TestStuckReader(t *testing.T) {
	p := mirrortest.Server(t)
	go io.Copy(io.Discard, p.Out)
	stuck := join(p)
	mirrortest.Must(t, stuck.(*net.TCPConn).SetReadBuffer(4<<10))
	talker := join(p)
	mirrortest.Must(t, talker.SetDeadline(time.Now().Add(patience)))
	mirrortest.Must(t, stuck.SetDeadline(time.Now().Add(patience)))
	talk := bytes.Repeat([]byte("x"), 100*bufSize)
	for start := time.Now(); time.Since(start) < patience; {
		// A member who is gone learns it when it says something.
		if _, err := io.WriteString(stuck, "."); err != nil {
			return
		}
		_, err := talker.Write(talk)
		mirrortest.Must(t, err)
		_, err = io.ReadFull(talker, talk)
		mirrortest.Must(t, err)
	}
	t.Error("the stuck member is there still")
}
