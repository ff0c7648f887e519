// Command iocp shows what completion ports are for: the echo server and the
// chat server of the textbook's chapter, clients for both, and tools that load and
// tune servers.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// Exit codes, as described in the help.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitMissed
)

const description = `The I/O completion port: its servers and clients.

Servers print "listening on ADDR" when they are ready, log to standard error
(how much and how: --log-level and --log-format), and stop on an interrupt once
they have sent what they have. That nobody reads the log doesn't stop them.

Clients take HOST:PORT as well as HOST PORT, sizes such as 64KiB or 1k (1000),
and times such as 500ms or 2s. "iocp help COMMAND" is the same as "iocp COMMAND
--help", "iocp --version" the same as "iocp version".

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a threshold of iocp load
was missed. IOCP_BACKEND names the backend where --backend doesn't.`

// commands is the command line, as kong reads it.
type commands struct {
	Echo    echoCmd    `cmd:"" set:"workers=one for each CPU; with --model=server twice as many as may run at a time" help:"Serve echo: send back what each client sends."`
	Connect connectCmd `cmd:"" help:"Connect to an echo server and send it lines."`
	Chat    chatCmd    `cmd:"" set:"workers=twice as many as may run at a time" help:"Serve a chat room, for the textbook's client too."`
	Join    joinCmd    `cmd:"" help:"Join a chat room from the terminal."`
	Load    loadCmd    `cmd:"" help:"Put load on a server and measure it."`
	Tune    tuneCmd    `cmd:"" help:"Find out with what settings a server does best."`
	Version versionCmd `cmd:"" help:"Print the version, and which backends work here."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run does what the arguments say and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	parser, err := kong.New(&commands{}, kong.Name("iocp"), kong.Description(description),
		kong.Writers(stdout, stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		panic(err) // the struct above can't be a command line
	}
	ctx, err := parser.Parse(spelledOut(args))
	if err == nil {
		err = ctx.Run()
	} else {
		ctx, err = failedIn(err), usageError{err}
	}
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if code == exitUsage {
		err = fmt.Errorf("%w: see %s --help", err, nameOf(ctx))
	}
	complain(stderr, err)
	return code
}

// spelledOut says by commands and flags what people write who know other
// programs.
func spelledOut(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(args[1:len(args):len(args)], "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// failedIn is how far kong had come.
func failedIn(err error) *kong.Context {
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		return parse.Context
	}
	return nil
}

// nameOf is the command that was called, as far as it is known.
func nameOf(ctx *kong.Context) string {
	if ctx == nil || ctx.Selected() == nil {
		return "iocp"
	}
	return "iocp " + ctx.Selected().Name
}
