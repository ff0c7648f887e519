package main

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"time"

	"iocp/bench/internal/process"
)

// rivalProgram spins until it is ended, its time is over, or its standard input
// is at its end, so that it never outlives who started it.
var rivalProgram = program{name: "rival", source: "./rival"}

// rivals are the processes that take CPUs away from a server and its client.
type rivals []rivalProcess

type rivalProcess struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// buildRival builds the rival if a scenario has it.
func (s *session) buildRival(ctx context.Context) error {
	if !slices.ContainsFunc(s.opts.scenarios, func(sc scenario) bool { return sc.Placement == rival }) {
		return nil
	}
	return s.builder.build(ctx, rivalProgram)
}

// startRivals starts one on each of the server's CPUs, if the scenario has them.
func (s *session) startRivals(sc scenario) (rivals, error) {
	if sc.Placement != rival {
		return nil, nil
	}
	var all rivals
	for _, cpu := range s.opts.cpus.server {
		r, err := startRival(s.builder.path(rivalProgram), cpu, s.opts.runMax()+startMax+stopMax)
		if err != nil {
			all.end()
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func startRival(path string, cpu int, most time.Duration) (rivalProcess, error) {
	cmd := exec.Command(path, "-for", most.String())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return rivalProcess{}, err
	}
	return rivalProcess{cmd, stdin}, process.Start(cmd, []int{cpu})
}

// took is the CPU time that they have taken so far.
func (r rivals) took() (sum time.Duration, err error) {
	for _, one := range r {
		took, errOne := process.CPU(one.cmd.Process.Pid)
		sum, err = sum+took, errors.Join(err, errOne)
	}
	return sum, err
}

func (r rivals) end() {
	for _, one := range r {
		one.cmd.Process.Kill()
		one.stdin.Close()
		one.cmd.Wait()
	}
}
