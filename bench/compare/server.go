package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"iocp/bench/internal/process"
)

// server is one run of a contender.
type server struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr head
	addr   netip.AddrPort
	pid    int    // of the server proper, where another process has started it
	note   string // what the server says about itself
	rss    int64  // before any connection
}

const (
	startMax = 10 * time.Second
	stopMax  = 3 * time.Second

	// settling is what a server is given before its memory at rest is read.
	settling = 50 * time.Millisecond
)

// startServer starts a contender and waits until it listens.
func startServer(path string, args []string, cpus []int) (*server, error) {
	s := &server{cmd: exec.Command(path, args...)}
	s.cmd.Stderr = &s.stderr
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	if err := process.Start(s.cmd, cpus); err != nil {
		return nil, err
	}
	if err := s.waitReady(stdout); err != nil {
		s.stop()
		return nil, s.because(err)
	}
	return s, nil
}

// waitReady reads the first line. What comes after it is nobody's, but has to
// be read all the same, or the server might wait for that.
func (s *server) waitReady(stdout io.Reader) error {
	first := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(stdout)
		line, _ := lines.ReadString('\n')
		first <- line
		io.Copy(io.Discard, lines)
	}()
	select {
	case line := <-first:
		if err := s.parseReady(line); err != nil {
			return err
		}
	case <-time.After(startMax):
		return fmt.Errorf("not listening after %v", startMax)
	}
	time.Sleep(settling)
	var err error
	s.rss, err = process.RSS(s.pid)
	return err
}

func (s *server) parseReady(line string) error {
	if line == "" {
		return errors.New("ended before it listened")
	}
	addr, note, _ := strings.Cut(strings.TrimSpace(line), " ")
	var err error
	if s.addr, err = netip.ParseAddrPort(addr); err != nil {
		return fmt.Errorf("its first line is no address: %q", line)
	}
	s.note = note
	pid, isPid := strings.CutPrefix(note, "pid=")
	if !isPid {
		s.pid = s.cmd.Process.Pid
		return nil
	}
	s.note = ""
	s.pid, err = strconv.Atoi(pid)
	return err
}

// because adds what the server itself said. The server has ended.
func (s *server) because(err error) error {
	if said := s.stderr.line(); said != "" {
		return errors.New(said)
	}
	return err
}

// stop ends the server, if need be by force.
func (s *server) stop() {
	s.stdin.Close()
	s.terminate()
	forced := time.AfterFunc(stopMax, func() { s.cmd.Process.Kill() })
	s.cmd.Wait()
	forced.Stop()
}

func (s *server) terminate() { s.cmd.Process.Signal(syscall.SIGTERM) }

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

const headMax = 4 << 10

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), headMax-len(h.text))]...)
	return len(p), nil
}

// line is the first line.
func (h *head) line() string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(h.text)), "\n")
	return line
}
