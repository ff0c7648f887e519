// Package uring declares the io_uring system calls and the layout of the rings
// (io_uring_setup(2), io_uring_enter(2)). No policy, no locks.
package uring

// Setup flags.
const (
	SetupClamp     = 1 << 4
	SetupSubmitAll = 1 << 7 // 5.18: a bad entry doesn't stop the rest
)

// Enter flags.
const EnterGetEvents = 1 << 0

// Features.
const FeatSingleMmap = 1 << 0

// Operations.
const (
	OpNop     = 0
	OpSendmsg = 9
	OpRecvmsg = 10
	OpSend    = 26
	OpRecv    = 27
)

// RegisterProbe is the io_uring_register(2) opcode that asks for operations.
const RegisterProbe = 8

// Offsets of what mmap(2) maps.
const (
	offSQRing = 0
	offCQRing = 0x8000000
	offSQEs   = 0x10000000
)

// Params is struct io_uring_params.
type Params struct {
	SQEntries, CQEntries      uint32
	Flags                     uint32
	SQThreadCPU, SQThreadIdle uint32
	Features                  uint32
	WQFd                      uint32
	_                         [3]uint32
	SQOff                     sqOffsets
	CQOff                     cqOffsets
}

type sqOffsets struct {
	Head, Tail, RingMask, RingEntries, Flags, Dropped, Array, _ uint32
	UserAddr                                                    uint64
}

type cqOffsets struct {
	Head, Tail, RingMask, RingEntries, Overflow, CQEs, Flags, _ uint32
	UserAddr                                                    uint64
}

// SQE is a submission queue entry, as far as transfers use it.
type SQE struct {
	Opcode   uint8
	Flags    uint8
	IOPrio   uint16
	Fd       int32
	Off      uint64
	Addr     uint64
	Len      uint32
	MsgFlags uint32
	UserData uint64
	_        [3]uint64
}

// CQE is a completion queue entry.
type CQE struct {
	UserData uint64
	Res      int32
	Flags    uint32
}

// probe is struct io_uring_probe with room for every operation.
type probe struct {
	LastOp, OpsLen uint8
	_              uint16
	_              [3]uint32
	Ops            [256]struct {
		Op, _ uint8
		Flags uint16
		_     uint32
	}
}
