package load

import (
	"bytes"
	"math/rand/v2"
)

// period is after how many bytes a connection's stream repeats itself. It is
// prime, so that no message or buffer size divides it: bytes that are lost,
// doubled or in the wrong order are then found as well as changed ones.
const period = 65521

// pattern is noise that every connection's stream is cut from, at places of
// its own, so that sending needs no copies and checking is a comparison. It is
// longer than its period by the longest slice asked for.
type pattern []byte

func newPattern(sliceMax int) pattern {
	p := make(pattern, period+sliceMax)
	rand.NewChaCha8([32]byte{}).Read(p[:period])
	for i := period; i < len(p); i++ {
		p[i] = p[i-period]
	}
	return p
}

// at gives n bytes from a place in the stream. They are shared: not to be
// written to.
func (p pattern) at(place int64, n int) []byte {
	i := int(place % period)
	return p[i : i+n]
}

// differs finds the first byte of data that isn't the pattern's: -1 if none.
func (p pattern) differs(data []byte, place int64) int {
	want := p.at(place, len(data))
	if bytes.Equal(data, want) {
		return -1
	}
	i := 0
	for data[i] == want[i] {
		i++
	}
	return i
}
