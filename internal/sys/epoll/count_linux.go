package epoll

// Call is a kind of system call. A build with -race counts how many of each
// the process has made (see Counted), for tests of how many an operation costs.
type Call uint8

// The kinds of calls that are counted: those that an operation may cause.
const (
	CallWait    Call = iota // epoll_pwait and epoll_pwait2
	CallControl             // epoll_ctl
	CallSignal              // a write to an eventfd
	CallRecv                // a receive or a read, by a call of its own
	CallSend                // a send or a write, likewise
	calls
)
