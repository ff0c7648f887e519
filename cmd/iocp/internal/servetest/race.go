//go:build race

package servetest

// Race tells whether the race detector is on. It allocates by itself.
const Race = true
