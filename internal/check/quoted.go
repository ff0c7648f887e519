package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A quoted is a command as a document quotes it.
type quoted struct {
	env  []string // NAME=value
	args []string
}

// parseQuoted splits a command as a shell would, as far as documents need it:
// quotes, and an end at a comment, a pipe or the like. What a reader copies from
// the document's text has to be what runs, so that an escape is refused.
func parseQuoted(text string) (q quoted, err error) {
	if strings.Contains(text, `\`) {
		return q, fmt.Errorf(`the backslash is copied too`)
	}
	for _, m := range shellWord.FindAllString(text, -1) {
		word := strings.ReplaceAll(m, "'", "")
		switch {
		case word == m && strings.ContainsAny(m[:1], "#|&;><"):
			return q, nil
		case len(q.args) == 0 && strings.Contains(word, "="):
			q.env = append(q.env, word)
		default:
			q.args = append(q.args, word)
		}
	}
	return q, nil
}

var shellWord = regexp.MustCompile(`(?:[^\s']|'[^']*')+`)

// names reports whether the command has the flag, as -x or --x, with a value or not.
func (q quoted) names(flag string) bool {
	return slices.ContainsFunc(q.args, func(a string) bool {
		return strings.HasPrefix("-"+strings.TrimLeft(a, "-")+"=", "-"+flag+"=") && strings.HasPrefix(a, "-")
	})
}

// quotedCommand looks after one command: those that run chosen tests are run, once,
// and have to run one. Of others, which measure, or serve, or need what isn't
// here, everything has to exist that they name.
func (s *session) quotedCommand(text, dir, tool string, env []string) (ran bool, err error) {
	q, err := parseQuoted(text)
	if err != nil {
		return false, err
	}
	isTest := q.args[0] == "go" && q.args[1] == "test"
	if isTest && q.names("run") && !q.names("bench") && !q.names("exec") {
		return true, s.quotedTest(q, dir, env)
	}
	if q.args[0] == "iocp" {
		return false, s.quotedFlags(q.args[1:], tool)
	}
	packages := q.packages()
	if len(packages) > 0 && packages[0] == "./cmd/iocp" && q.args[1] == "run" {
		at := slices.Index(q.args, packages[0])
		return false, s.quotedFlags(q.args[at+1:], tool)
	}
	for _, p := range packages {
		if err := isPackage(filepath.Join(dir, q.chdir(), p)); err != nil {
			return false, err
		}
	}
	if isTest && q.names("bench") {
		return false, s.quotedBenchmark(q, dir, env)
	}
	return false, nil
}

func (s *session) quotedTest(q quoted, dir string, env []string) error {
	args := slices.DeleteFunc(slices.Clone(q.args), func(a string) bool { return a == "-race" })
	out, err := s.run(command{timeout: 10 * time.Minute, dir: dir, env: append(env, q.env...), args: append(args, "-count=1", "-v")})
	if err == nil && !strings.Contains(out, "\n    --- PASS") && !strings.Contains(out, "\n--- PASS") {
		err = fmt.Errorf("it runs no test:\n%s", out)
	}
	return err
}

// quotedBenchmark looks whether a package has the benchmark.
func (s *session) quotedBenchmark(q quoted, dir string, env []string) error {
	pattern, _, _ := strings.Cut(q.value("bench"), "/")
	args := append([]string{"go", "test", "-list", pattern}, q.packages()...)
	out, err := s.run(command{timeout: 10 * time.Minute, dir: dir, env: env, args: args})
	if err == nil && !strings.Contains(out, "Benchmark") {
		err = fmt.Errorf("no benchmark is named like %q", pattern)
	}
	return err
}

// quotedFlags looks whether the command has the subcommand, and that the flags.
func (s *session) quotedFlags(args []string, tool string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil
	}
	help, err := s.run(command{timeout: time.Minute, args: []string{tool, args[0], "--help"}})
	if err != nil {
		return err
	}
	for _, a := range args[1:] {
		flag, _, _ := strings.Cut(strings.Trim(a, "[]"), "=")
		if strings.HasPrefix(flag, "--") && !strings.Contains(help, flag) {
			return fmt.Errorf("iocp %s has no flag %s", args[0], flag)
		}
	}
	return nil
}

// packages are the arguments that name packages of the tree.
func (q quoted) packages() (found []string) {
	for _, a := range q.args[2:] {
		if a == "." || strings.HasPrefix(a, "./") {
			found = append(found, a)
			if q.args[1] == "run" {
				break // the rest is the program's
			}
		}
	}
	return found
}

// chdir is the directory of the flag -C, "" without one.
func (q quoted) chdir() string { return q.value("C") }

// value is a flag's value, of -flag value or -flag=value.
func (q quoted) value(flag string) string {
	for i, a := range q.args {
		if a == "-"+flag && i+1 < len(q.args) {
			return q.args[i+1]
		}
		if v, ok := strings.CutPrefix(a, "-"+flag+"="); ok {
			return v
		}
	}
	return ""
}

// isPackage looks for Go files in a directory, or below it if it ends in "...".
func isPackage(pattern string) error {
	dir, below := strings.CutSuffix(pattern, "/...")
	if below {
		_, err := os.Stat(dir)
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no package is at %s", pattern)
	}
	return err
}
