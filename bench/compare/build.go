package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// builder builds programs into a directory.
type builder struct {
	root string // of this module
	dir  string
}

// findRoot finds this module, of which the runner is a package.
func findRoot(ctx context.Context) (string, error) {
	out, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}"))
	if err != nil {
		return "", fmt.Errorf("run it as go run -C bench ./compare: %w", err)
	}
	return strings.TrimSpace(out), nil
}

func (b *builder) path(p program) string { return filepath.Join(b.dir, p.name) }

func (b *builder) build(ctx context.Context, p program) error {
	if p.beside != "" {
		// It is of another module, and so built where that is.
		cmd := exec.CommandContext(ctx, "go", "build", "-o", b.dir+"/", ".")
		cmd.Dir = filepath.Join(b.root, p.beside)
		if _, err := output(cmd); err != nil {
			return err
		}
	}
	var args []string
	switch filepath.Ext(p.source) {
	case ".c":
		args = []string{"cc", "-std=gnu11", "-O2", "-pthread", "-o", b.path(p), p.source}
	case ".cpp":
		args = []string{"c++", "-std=c++17", "-O2", "-pthread", "-o", b.path(p), p.source}
	default:
		args = append([]string{"go", "build", "-o", b.path(p)}, p.flags...)
		args = append(args, p.source)
	}
	if p.isC() {
		if _, err := exec.LookPath(args[0]); err != nil {
			return fmt.Errorf("no %s compiler (%s): install gcc and g++", args[0], err)
		}
		args = append(args, p.flags...) // libraries go behind what needs them
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = b.root
	if _, err := output(cmd); err != nil {
		return p.explain(err)
	}
	return nil
}

func (p program) isC() bool { return filepath.Ext(p.source) != "" }

func (p program) explain(err error) error {
	if p.debian == "" {
		return err
	}
	return fmt.Errorf("%w (it needs the Debian package %s)", err, p.debian)
}

// version is that of what the program stands for, or "" when it can't be told.
func (b *builder) version(p program) string {
	switch {
	case p.module != "":
		info, err := buildinfo.ReadFile(b.path(p))
		if err != nil {
			return ""
		}
		for _, dep := range info.Deps {
			if dep.Path == p.module {
				return dep.Version
			}
		}
	case p.debian != "":
		version, err := output(exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}", p.debian))
		if err == nil {
			return version
		}
	case p.asked != "":
		version, err := output(exec.Command(p.asked, "--version"))
		if err == nil {
			return strings.TrimSpace(version)
		}
	}
	return ""
}

// output runs a command. The error has the first line of its complaint that
// says what is wrong.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil && stderr.Len() > 0 {
		return "", errors.New(complaint(stderr.String()))
	}
	return stdout.String(), err
}

// complaint picks the line of a compiler's output that says what is wrong.
func complaint(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if strings.Contains(line, "error:") || strings.Contains(line, "link:") {
			return line
		}
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go: downloading") {
			return line
		}
	}
	return lines[0]
}
