package server

const (
	// connsMaxMost is Config.ConnsMax by default where nothing sets a limit.
	connsMaxMost = 1 << 20

	// descriptorsKept is how many descriptors aren't for connections by default:
	// the port has some, the program's files, and the connection that is refused.
	descriptorsKept = 64
)

// connsMaxDefault is as many connections as there are descriptors for, less some
// that the process needs otherwise, and half if there are few.
func connsMaxDefault() int {
	most := min(descriptorsMax(), connsMaxMost)
	return int(max(most-min(most, descriptorsKept), most/2))
}
