// Command iocp shows what completion ports are for: the echo server and the
// chat server of the textbook's chapter, clients for both, and tools that load and
// tune servers.
package main

import (
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
)

const description = `The I/O completion port: its servers and clients.

Servers print "listening on ADDR" when they are ready, log to standard error
(how much and how: --log-level and --log-format), and stop on an interrupt once
they have sent what they have. That nobody reads the log doesn't stop them.

Exit codes: 0 success, 1 failure, 2 wrong usage. IOCP_BACKEND names the
backend where --backend doesn't.`

// commands is the command line, as kong reads it.
type commands struct {
	Echo    echoCmd    `cmd:"" help:"Serve echo: send back what each client sends."`
	Connect connectCmd `cmd:"" help:"Connect to an echo server and send it lines."`
	Chat    chatCmd    `cmd:"" help:"Serve a chat room, for the textbook's client too."`
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
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		complain(stderr, fmt.Errorf("%w: see iocp --help", err))
		return exitUsage
	}
	if err := ctx.Run(); err != nil {
		complain(stderr, err)
		return exitCode(err)
	}
	return exitOK
}
