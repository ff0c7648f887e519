package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// A dialogue is console blocks that follow each other: programs that run at the
// same time. "$ " starts one, "> " is typed into it, and anything else it has to
// print, in that order. A program starts when the one before has printed the first
// thing that it is to print, or listens somewhere if it is to print nothing. One
// whose part ends with something typed has to end well; another has to be there
// still at the end, and is interrupted.
type dialogue struct {
	dir   string
	env   []string
	bound time.Duration // for anything that is waited for: the first program has to be built
	parts []*part
}

// A part is one program with what it is told and says.
type part struct {
	cmd     *exec.Cmd
	script  []string
	bound   time.Duration
	in      io.WriteCloser
	begun   chan struct{} // closed when it has printed the first thing
	played  chan error    // gets what went wrong with the script
	ended   chan struct{} // closed when err is how the program ended
	err     error
	mu      sync.Mutex
	printed bytes.Buffer
}

// add plays a console block.
func (d *dialogue) add(lines []string) error {
	for i := 0; i < len(lines); {
		program, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			return fmt.Errorf("%q comes before any program", lines[i])
		}
		i++
		first := i
		for i < len(lines) && !strings.HasPrefix(lines[i], "$ ") {
			i++
		}
		if err := d.start(program, lines[first:i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *dialogue) start(program string, script []string) error {
	p := &part{cmd: exec.Command("sh", "-c", program), script: script, bound: d.bound, begun: make(chan struct{}), played: make(chan error, 1), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = d.dir, append(os.Environ(), d.env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	ownGroup(p.cmd)
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	before := listening()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	d.parts = append(d.parts, p)
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	go func() { p.played <- p.play() }()
	if slices.ContainsFunc(script, func(line string) bool { return !isTyped(line) }) {
		return p.await("it to say its first words", func() bool { return isClosed(p.begun) })
	}
	return p.await("it to listen", func() bool { return listening() > before })
}

// Write collects what the program prints.
func (p *part) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.Write(b)
}

func (p *part) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed.String()
}

func isTyped(line string) bool { return strings.HasPrefix(line, "> ") }

// play goes through the script.
func (p *part) play() error {
	at, first := 0, true
	for _, line := range p.script {
		if isTyped(line) {
			io.WriteString(p.in, line[len("> "):]+"\n")
			continue
		}
		err := p.await(fmt.Sprintf("%q", line), func() bool {
			i := strings.Index(p.said()[at:], line)
			if i >= 0 {
				at += i + len(line)
			}
			return i >= 0
		})
		if err != nil {
			return err
		}
		if first {
			close(p.begun)
			first = false
		}
	}
	return nil
}

// await waits until something is so, or the program has ended.
func (p *part) await(what string, so func() bool) error {
	for end := time.Now().Add(p.bound); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		over := isClosed(p.ended)
		if so() {
			return nil
		}
		if over {
			break
		}
	}
	return p.fault("waiting for " + what)
}

func (p *part) fault(what string) error {
	text := fmt.Sprintf("$ %s\n%s%s", p.cmd.Args[2], p.said(), what)
	if isClosed(p.ended) && p.err != nil {
		return fmt.Errorf("%s: %w", text, p.err)
	}
	return errors.New(text)
}

// finish ends the dialogue and tells what went wrong.
func (d *dialogue) finish() error {
	var errs []error
	for _, p := range d.parts {
		errs = append(errs, <-p.played, p.end())
	}
	for _, p := range d.parts {
		errs = append(errs, p.interrupt())
	}
	return errors.Join(errs...)
}

// end waits for a program that is told to end.
func (p *part) end() error {
	if !p.isTold() {
		return nil
	}
	err := p.await("its end", func() bool { return isClosed(p.ended) })
	if err == nil && p.err != nil {
		err = p.fault("it failed")
	}
	return err
}

func (p *part) isTold() bool {
	n := len(p.script)
	return n > 0 && isTyped(p.script[n-1])
}

// interrupt ends a program that goes on until then.
func (p *part) interrupt() error {
	switch {
	case p.isTold() && isClosed(p.ended):
		return nil
	case isClosed(p.ended):
		return p.fault("it ended too soon")
	}
	interrupt(p.cmd)
	select {
	case <-p.ended:
		return nil
	case <-time.After(time.Minute):
		kill(p.cmd)
		return p.fault("it didn't end when it was interrupted")
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// listening counts the TCP sockets that listen on this machine (proc(5)).
func listening() (n int) {
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(name)
		n += strings.Count(string(text), " 0A 00000000:")
	}
	return n
}
