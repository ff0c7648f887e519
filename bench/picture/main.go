// Command picture draws what iocp load and iocp tune have measured. It reads
// what they print with --json, and writes SVG, or with -png PNG:
//
//	iocp load 127.0.0.1 9190 --json | go run -C bench ./picture > latency.svg
//
// Of load it draws latency against percentile, each further nine as wide as the
// last, and of several results one curve each. Of tune it draws how many times
// as good as the default each setting is, with the interval in which that is
// known.
//
// It is apart from iocp so that servers need not carry a plotting library.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	set := flag.NewFlagSet("picture", flag.ContinueOnError)
	png := set.Bool("png", false, "write PNG instead of SVG")
	title := set.String("title", "", "what stands above the picture (default: what was measured)")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%q is no flag: results are read from standard input, and the picture goes to standard output", set.Arg(0))
	}
	all, err := read(in)
	if err != nil {
		return err
	}
	p, err := pictureOf(all, *title)
	if err != nil {
		return err
	}
	format := "svg"
	if *png {
		format = "png"
	}
	return p.write(out, format)
}
