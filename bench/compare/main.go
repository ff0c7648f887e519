// Command compare runs echo servers under the same load, ours and those of
// others, in turns, and tells how they compare. See the README beside it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := compareAll(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// compareAll does what the arguments say. Progress goes to log, the tables to
// out. An interrupt ends it early, with what there is by then.
func compareAll(ctx context.Context, args []string, out, log io.Writer) error {
	opts, err := parseOptions(args)
	if err != nil {
		return err
	}
	if opts.list {
		return list(out)
	}
	if opts.from != nil {
		r, err := readAll(opts.from)
		if err != nil {
			return err
		}
		return r.show(opts, out, log)
	}
	root, err := findRoot(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &session{opts: opts, builder: &builder{root, dir}, log: log, results: &results{}}
	return s.run(ctx, out)
}

func (s *session) run(ctx context.Context, out io.Writer) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	s.results.Conditions = s.conditions()
	s.printf("about %v for %d scenarios\n", s.estimate().Round(time.Second), len(s.opts.scenarios))
	if err := s.findRates(ctx); err != nil {
		return err
	}
	for _, sc := range s.opts.scenarios {
		s.results.Outcomes = append(s.results.Outcomes, s.measure(ctx, sc))
		if err := s.results.write(s.opts.out); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(s.results.show(s.opts, out, s.log), ctx.Err())
}

// show writes, prints and draws the results.
func (r *results) show(opts *options, out, log io.Writer) error {
	if opts.out != "" {
		if err := r.write(opts.out); err != nil {
			return err
		}
		fmt.Fprintf(log, "written to %s\n", opts.out)
	}
	if _, err := io.WriteString(out, r.markdown()); err != nil {
		return err
	}
	if opts.picture == "" {
		return nil
	}
	drawn, err := r.draw(opts.picture)
	for _, file := range drawn {
		fmt.Fprintf(log, "drawn: %s\n", file)
	}
	return err
}

func list(out io.Writer) error {
	for _, p := range programs {
		fmt.Fprintf(out, "%-10s %s; %s\n", p.name, p.title, p.about)
	}
	fmt.Fprint(out, "\nNAME/N is with N loops, which are ports for server, and for ours workers that are always active.\nThose of ours may be followed by a backend, as in server-epoll or ours-epoll/1.\nCompared if none are named:\n")
	for _, k := range kinds {
		fmt.Fprintf(out, "  -load %s: %s\n", k.name, strings.ReplaceAll(k.everyone, ",", " "))
	}
	return nil
}
