//go:build linux

package main

import (
	"bytes"
	"testing"
	"time"
)

func TestPieces(t *testing.T) {
	whole := piece(3, 1000, 9000)
	if len(whole) != 9000 || !bytes.Equal(append(bytes.Clone(piece(3, 1000, 4000)), piece(3, 5000, 5000)...), whole) {
		t.Error("a stream cut in two isn't the same")
	}
	if bytes.Equal(piece(3, 1000, 64), piece(3, 1064, 64)) || bytes.Equal(piece(3, 1000, 64), piece(4, 1000, 64)) {
		t.Error("messages that change places wouldn't be noticed")
	}
	if n := len(piece(0, 0, 1<<30)); n != chunkMax {
		t.Errorf("a piece has %d bytes, want %d", n, chunkMax)
	}
}

func TestTimes(t *testing.T) {
	var q times
	next := time.Duration(0)
	for i := range time.Duration(100) {
		q.push(i)
		if i%3 == 2 {
			if got := q.pop(); got != next {
				t.Fatalf("got %d, want %d", got, next)
			}
			next++
		}
	}
	for ; q.count > 0; next++ {
		if got := q.pop(); got != next {
			t.Fatalf("got %d, want %d", got, next)
		}
	}
	if next != 100 {
		t.Errorf("%d came out of 100", next)
	}
}
