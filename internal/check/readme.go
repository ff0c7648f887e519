package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// readme does what the documents say, as somebody new does: in a copy of the tree,
// with empty caches. What is in blocks marked sh or console is run as it is, and
// counts if it fails; how other commands are looked after, quotedCommand says.
//
// The tests that a document has its reader run aren't added to the count of tests,
// as the race step runs most of the same ones again; failures are, or the count would
// look good after one. So the tests of packages that are sequential run here only.
func readme(s *session) (string, error) {
	passages, err := allPassages()
	if err != nil {
		return "", err
	}
	n := &newcomer{session: s, dir: filepath.Join(s.scratch, "newcomer", "iocp")}
	if err := n.arrive(); err != nil {
		return "", err
	}
	defer n.leave()
	var errs []error
	for _, p := range passages {
		if err := n.do(p); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", p.file, p.line, err))
		}
	}
	errs = append(errs, n.hear())
	return fmt.Sprintf("%d blocks and %d commands run, %d commands looked after", n.blocks, n.ran, n.looked), errors.Join(errs...)
}

// A newcomer has a copy of the tree and nothing else.
type newcomer struct {
	*session
	dir                 string
	env                 []string
	tool                string // the command, built
	program             string // the document's
	talk                *dialogue
	blocks, ran, looked int
}

// arrive copies the tree: what git tracks or is about to, as it is now.
func (n *newcomer) arrive() error {
	files, err := n.run(command{timeout: time.Minute, args: []string{"git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"}})
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(files, "\x00"), "\x00") {
		if err := copyFile(filepath.Join(n.dir, name), name); err != nil {
			return err
		}
	}
	if n.env, err = n.emptyCaches(); err != nil {
		return err
	}
	n.tool = filepath.Join(n.scratch, "newcomer", "tool")
	_, err = n.run(goTool(10*time.Minute, nil, "build", "-o", n.tool, "./cmd/iocp")) // with the caches there are
	return err
}

// emptyCaches is an environment with caches of its own. Modules come from those
// that were downloaded already, if they are there. What another module's go.sum
// has is checked against this tree's.
func (n *newcomer) emptyCaches() ([]string, error) {
	out, err := n.run(goTool(time.Minute, nil, "env", "GOMODCACHE", "GOPROXY", "GOFLAGS"))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(out, "\n")
	proxy := "file://" + filepath.ToSlash(filepath.Join(lines[0], "cache", "download")) + "," + lines[1]
	home := filepath.Join(n.scratch, "newcomer")
	return []string{
		"GOPATH=" + filepath.Join(home, "gopath"), "GOMODCACHE=" + filepath.Join(home, "modules"), "GOCACHE=" + filepath.Join(home, "cache"),
		"GOPROXY=" + proxy, "GOSUMDB=off", "GOFLAGS=" + strings.TrimSpace(lines[2]+" -modcacherw"), "GOWORK=",
	}, nil
}

func (n *newcomer) leave() { os.RemoveAll(filepath.Join(n.scratch, "newcomer")) }

// do does what a passage says.
func (n *newcomer) do(p passage) error {
	text := strings.Join(p.text, "\n") + "\n"
	switch p.kind {
	case "go":
		if strings.HasPrefix(text, "package main\n") {
			n.program = text
		}
		return nil
	case "console":
		n.blocks++
		if n.talk == nil {
			n.talk = &dialogue{dir: n.dir, env: n.env, bound: 5 * time.Minute}
		}
		return n.talk.add(p.text)
	case "sh":
		n.blocks++
		return errors.Join(n.hear(), n.script(text))
	}
	dir, env := n.dir, n.env
	if p.file == "bench/README.md" || strings.HasPrefix(p.file, "bench/") {
		env = nil // that module's needs are not a newcomer's
	}
	ran, err := n.quotedCommand(p.text[0], dir, n.tool, env)
	if ran {
		n.ran++
	} else {
		n.looked++
	}
	return err
}

// hear ends a dialogue that is going on.
func (n *newcomer) hear() (err error) {
	if n.talk != nil {
		err = n.talk.finish()
		n.talk = nil
	}
	return err
}

// script runs a block of sh. In a directory that it makes is the program that the
// document shows.
func (n *newcomer) script(text string) error {
	program := filepath.Join(n.scratch, "newcomer", "main.go")
	if err := os.WriteFile(program, []byte(n.program), 0o666); err != nil {
		return err
	}
	text = newDirectory.ReplaceAllString(text, "$0\ncp "+program+" .\n")
	out, err := n.run(command{timeout: 20 * time.Minute, dir: n.dir, env: n.env, args: []string{"sh", "-e", "-c", text}})
	if err != nil && strings.Contains(text, "go test") {
		n.total.failed += plainFailures(out)
	}
	return err
}

var newDirectory = regexp.MustCompile(`mkdir \S+ && cd \S+`)

func copyFile(to, from string) error {
	info, err := os.Stat(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted, and git hasn't been told
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode())
}

// plainFailures counts the failed tests in the output of a failed go test
// without -json. If it names none, then a package didn't build or crashed,
// which is as good as a failed test.
func plainFailures(out string) int {
	n := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(strings.TrimSpace(line), "--- FAIL: ") {
			n++
		}
	}
	return max(n, 1)
}
