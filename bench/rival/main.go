// Command rival takes all that it can get of one CPU, as another busy program
// would, until its time is over or its standard input is at its end.
package main

import (
	"flag"
	"io"
	"os"
	"time"
)

func main() {
	most := flag.Duration("for", time.Minute, "how long to spin at most")
	flag.Parse()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for end := time.Now().Add(*most); time.Now().Before(end); {
	}
}
