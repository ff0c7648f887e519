package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// everything is the packages of both modules, as seen from the root.
var everything = []string{"./...", "./cmd/iocp/..."}

var (
	vetSystems   = []string{"linux", "windows", "windows/arm64", "windows/386", "darwin", "freebsd"}
	lintSystems  = []string{"linux", "windows", "darwin", "freebsd"}
	crossTargets = []string{"linux/amd64", "linux/arm64", "linux/386", "linux/arm", "windows/amd64", "windows/arm64", "windows/386", "darwin/arm64", "freebsd/amd64"}
	// Of these only the library is built, which takes some four seconds of CPU each.
	libraryTargets = []string{"openbsd/amd64", "netbsd/amd64", "dragonfly/amd64", "solaris/amd64", "illumos/amd64", "aix/ppc64", "js/wasm", "wasip1/wasm"}
)

// library is the packages that programs use.
var library = []string{".", "./server", "./routine", "./portnet", "./porttest"}

// gofmt looks at all Go files below the root, tracked or about to be.
func gofmt(s *session) (string, error) {
	root, err := s.run(goTool(time.Minute, nil, "env", "GOROOT"))
	if err != nil {
		return "", err
	}
	tool := filepath.Join(strings.TrimSpace(root), "bin", "gofmt")
	out, err := s.run(command{timeout: time.Minute, args: []string{tool, "-l", "."}})
	if err == nil && out != "" {
		err = fmt.Errorf("not formatted:\n%s", out)
	}
	return "", err
}

func vet(s *session) (string, error) {
	var errs []error
	for _, system := range vetSystems {
		goos, goarch, _ := strings.Cut(system, "/")
		env := []string{"GOOS=" + goos}
		if goarch != "" {
			env = append(env, "GOARCH="+goarch)
		}
		args := append([]string{"vet"}, everything...)
		_, err := s.run(goTool(10*time.Minute, env, args...))
		errs = append(errs, err)
	}
	return strings.Join(vetSystems, " "), errors.Join(errs...)
}

// staticcheck builds the pinned tool first. That is done outside the workspace:
// the module tools is not part of it, so that nothing else sees its
// requirements; while the tool itself has to see the workspace.
func staticcheck(s *session) (string, error) {
	tool := filepath.Join(s.scratch, "staticcheck")
	_, err := s.run(goTool(10*time.Minute, []string{"GOWORK=off"},
		"build", "-C", "tools", "-o", tool, "honnef.co/go/tools/cmd/staticcheck"))
	if err != nil {
		return "", err
	}
	var errs []error
	for _, goos := range lintSystems {
		args := append([]string{tool}, everything...)
		_, err := s.run(command{env: []string{"GOOS=" + goos}, timeout: 10 * time.Minute, args: args})
		errs = append(errs, err)
	}
	return strings.Join(lintSystems, " "), errors.Join(errs...)
}

// cross builds for systems that nothing here can run. Without cgo, as there is
// no C compiler for them either.
func cross(s *session) (string, error) {
	errs := []error{}
	for _, target := range crossTargets {
		errs = append(errs, s.compileFor(target, everything), s.linkFor(target))
	}
	for _, target := range libraryTargets {
		errs = append(errs, s.compileFor(target, library))
	}
	return strings.Join(crossTargets, " ") + "; the library for " + strings.Join(libraryTargets, " "), errors.Join(errs...)
}

// compileFor has the packages compiled, and so type-checked, without linking them:
// go build links every program even if it keeps none, which takes most of its time,
// and what it has linked it doesn't remember.
func (s *session) compileFor(target string, packages []string) error {
	args := append([]string{"list", "-export"}, packages...)
	_, err := s.run(goTool(10*time.Minute, crossEnv(target), args...))
	return err
}

// linkFor links the one program that uses all of the library. The others have
// nothing to link that it hasn't.
func (s *session) linkFor(target string) error {
	_, err := s.run(goTool(10*time.Minute, crossEnv(target),
		"build", "-buildvcs=false", "-o", filepath.Join(s.scratch, "linked"), "./cmd/iocp"))
	return err
}

func crossEnv(target string) []string {
	goos, goarch, _ := strings.Cut(target, "/")
	return []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
}

// bench looks after the module of the comparison, which is outside the
// workspace: it requires the servers that it compares with, and what draws.
func bench(s *session) (string, error) {
	if _, err := s.run(goTool(10*time.Minute, nil, "vet", "-C", "bench", "./...")); err != nil {
		return "", err
	}
	_, err := s.run(goTool(10*time.Minute, nil, "test", "-C", "bench", "./..."))
	return "", err
}
