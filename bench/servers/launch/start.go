package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"iocp/bench/internal/peer"
)

// startMax is how long a program may take to listen.
const startMax = 10 * time.Second

// start runs the program until it or this process is ended. A program that
// doesn't tell where it listens was told a port that was free, and is asked
// until it answers there.
func start(cmd *exec.Cmd, dir string, tells bool, o peer.Options) error {
	cmd.Stderr = io.Discard
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var ending atomic.Bool
	peer.AtEnd(func() {
		ending.Store(true)
		cmd.Process.Kill()
		os.RemoveAll(dir)
	})
	var addr netip.AddrPort
	if tells {
		addr, err = told(stdout)
	} else {
		go io.Copy(io.Discard, stdout)
		addr, err = answering(o.Addr)
	}
	if err != nil {
		cmd.Process.Kill()
		return errors.Join(err, cmd.Wait())
	}
	peer.Announce(addr, fmt.Sprintf("pid=%d", cmd.Process.Pid))
	err = cmd.Wait()
	if ending.Load() {
		select {} // the process is about to end, in order
	}
	return err
}

// told reads "listening on ADDR", and what comes after it.
func told(stdout io.Reader) (netip.AddrPort, error) {
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("it ended before it listened: %w", err)
	}
	go io.Copy(io.Discard, lines)
	for word := range strings.FieldsSeq(line) {
		if addr, err := netip.ParseAddrPort(word); err == nil {
			return addr, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("it doesn't tell where it listens: %q", line)
}

func answering(addr string) (netip.AddrPort, error) {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return netip.ParseAddrPort(addr)
		}
		if time.Since(began) > startMax {
			return netip.AddrPort{}, err
		}
	}
}
