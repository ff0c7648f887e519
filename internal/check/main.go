// Check is the project's gate: it runs every check a change has to pass, on a
// developer's machine and in CI alike.
//
//	go run ./internal/check                  everything
//	go run ./internal/check -list            what there is
//	go run ./internal/check -only vet,wine   some of it
//
// It is run from the root of the repository. On Debian it installs, when it is
// root, the packages that the chosen steps need. The last line it prints is
// the count of the tests that ran: "N passed, N failed, N skipped".
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	only := flag.String("only", "", "comma-separated `steps` to run instead of all of them")
	list := flag.Bool("list", false, "list the steps and exit")
	record := flag.String("record", "", "`directory` to keep the go test -json streams in")
	flag.Parse()

	if *list {
		listSteps()
		return
	}
	chosen, err := choose(allSteps, *only)
	if err == nil {
		err = atRoot()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(2)
	}
	if !check(chosen, *record) {
		os.Exit(1)
	}
}

// check runs the steps and prints their results, and reports whether every one
// of them passed.
func check(steps []step, record string) bool {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := newSession(ctx, record)
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		return false
	}
	defer s.close()

	ok := s.runAll(steps)
	fmt.Printf("\n%s\n", s.total)
	return ok
}

// atRoot makes sure that relative paths mean what the steps take them to mean.
func atRoot() error {
	for _, name := range []string{"go.mod", "go.work", "cmd/iocp/go.mod", "tools/go.mod"} {
		if _, err := os.Stat(name); err != nil {
			return fmt.Errorf("run me from the root of the repository: %w", err)
		}
	}
	return nil
}
