package driver

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/windows"
)

// classes leads from Windows' error numbers to the classes that are the same
// everywhere, for all backends there are (Windows Sockets Error Codes, System
// Error Codes, learn.microsoft.com/windows/win32). One event has two numbers:
// Winsock's, when the starting call reports it, and the one that
// RtlNtStatusToDosError makes of the NTSTATUS in a packet (C68).
var classes = map[syscall.Errno]error{
	windows.ERROR_OPERATION_ABORTED: ErrAborted,
	windows.WSAEWOULDBLOCK:          ErrWouldBlock,

	windows.ERROR_NETNAME_DELETED:    ErrReset,
	windows.ERROR_CONNECTION_ABORTED: ErrReset,
	windows.WSAECONNRESET:            ErrReset,
	windows.WSAECONNABORTED:          ErrReset,
	windows.WSAENETRESET:             ErrReset,

	windows.ERROR_CONNECTION_REFUSED: ErrRefused,
	windows.WSAECONNREFUSED:          ErrRefused,

	windows.ERROR_SEM_TIMEOUT: ErrTimedOut, // STATUS_IO_TIMEOUT
	windows.ERROR_TIMEOUT:     ErrTimedOut,
	windows.WSAETIMEDOUT:      ErrTimedOut,

	windows.ERROR_NETWORK_UNREACHABLE:  ErrUnreachable,
	windows.ERROR_HOST_UNREACHABLE:     ErrUnreachable,
	windows.ERROR_BAD_NETPATH:          ErrUnreachable,
	windows.ERROR_PROTOCOL_UNREACHABLE: ErrUnreachable,
	windows.ERROR_PORT_UNREACHABLE:     ErrUnreachable,
	windows.WSAENETUNREACH:             ErrUnreachable,
	windows.WSAEHOSTUNREACH:            ErrUnreachable,
	windows.WSAENETDOWN:                ErrUnreachable,
	windows.WSAEHOSTDOWN:               ErrUnreachable,

	windows.WSAENOTCONN:               ErrNotConnected,
	windows.ERROR_UNEXP_NET_ERR:       ErrNotConnected, // STATUS_INVALID_CONNECTION
	windows.WSAEISCONN:                ErrConnected,
	windows.WSAEALREADY:               ErrConnected,
	windows.ERROR_CONNECTION_ACTIVE:   ErrConnected,
	windows.WSAESHUTDOWN:              ErrShutdown,
	windows.ERROR_GRACEFUL_DISCONNECT: ErrShutdown,
	windows.WSAEDISCON:                ErrShutdown,

	windows.ERROR_DUP_NAME:          ErrAddrInUse, // STATUS_ADDRESS_ALREADY_EXISTS
	windows.ERROR_SHARING_VIOLATION: ErrAddrInUse,
	windows.WSAEADDRINUSE:           ErrAddrInUse,
	windows.WSAEADDRNOTAVAIL:        ErrAddrNotAvail,
	windows.ERROR_INVALID_NETNAME:   ErrAddrNotAvail, // STATUS_INVALID_ADDRESS_COMPONENT
	windows.WSAEACCES:               ErrAccess,
	windows.ERROR_ACCESS_DENIED:     ErrAccess,

	windows.WSAEMSGSIZE:               ErrMessageSize,
	windows.ERROR_INVALID_USER_BUFFER: ErrMessageSize, // STATUS_INVALID_BUFFER_SIZE

	windows.WSAEINVAL:                        ErrInvalid,
	windows.WSAEFAULT:                        ErrInvalid,
	windows.WSAENOTSOCK:                      ErrInvalid,
	windows.WSAEDESTADDRREQ:                  ErrInvalid,
	windows.ERROR_INVALID_PARAMETER:          ErrInvalid,
	windows.ERROR_INVALID_HANDLE:             ErrInvalid,
	windows.ERROR_ADDRESS_ALREADY_ASSOCIATED: ErrInvalid, // a second bind
	windows.ERROR_INSUFFICIENT_BUFFER:        ErrInvalid,
	windows.ERROR_INVALID_NAME:               ErrInvalid,
	windows.ERROR_DIRECTORY:                  ErrInvalid,
	windows.ERROR_BAD_PATHNAME:               ErrInvalid,
	windows.ERROR_NOACCESS:                   ErrInvalid,

	windows.WSAEAFNOSUPPORT:            ErrNotSupported,
	windows.WSAEPFNOSUPPORT:            ErrNotSupported,
	windows.WSAEOPNOTSUPP:              ErrNotSupported,
	windows.WSAENOPROTOOPT:             ErrNotSupported,
	windows.WSAEPROTONOSUPPORT:         ErrNotSupported,
	windows.WSAESOCKTNOSUPPORT:         ErrNotSupported,
	windows.ERROR_NOT_SUPPORTED:        ErrNotSupported,
	windows.ERROR_INVALID_FUNCTION:     ErrNotSupported, // STATUS_NOT_IMPLEMENTED
	windows.ERROR_CALL_NOT_IMPLEMENTED: ErrNotSupported,

	windows.WSAEMFILE:                 ErrLimit,
	windows.WSAENOBUFS:                ErrLimit,
	windows.ERROR_TOO_MANY_OPEN_FILES: ErrLimit,
	windows.ERROR_NOT_ENOUGH_MEMORY:   ErrLimit,
	windows.ERROR_OUTOFMEMORY:         ErrLimit,
	windows.ERROR_NO_SYSTEM_RESOURCES: ErrLimit,
	windows.ERROR_WORKING_SET_QUOTA:   ErrLimit,
	windows.ERROR_NOT_ENOUGH_QUOTA:    ErrLimit,
	windows.ERROR_PAGEFILE_QUOTA:      ErrLimit,
	windows.ERROR_REM_NOT_LIST:        ErrLimit, // STATUS_REMOTE_RESOURCES
	windows.ERROR_TOO_MANY_NAMES:      ErrLimit, // STATUS_TOO_MANY_ADDRESSES
	windows.ERROR_COMMITMENT_LIMIT:    ErrLimit,
	windows.ERROR_DISK_FULL:           ErrLimit,
	windows.ERROR_HANDLE_DISK_FULL:    ErrLimit,

	windows.ERROR_FILE_NOT_FOUND: fs.ErrNotExist,
	windows.ERROR_PATH_NOT_FOUND: fs.ErrNotExist,
	windows.ERROR_ALREADY_EXISTS: fs.ErrExist,
	windows.ERROR_FILE_EXISTS:    fs.ErrExist,

	windows.ERROR_LOCK_VIOLATION: ErrAccess,
}

// What some numbers mean only of a file, of a pipe, and of a Unix socket's name.
var (
	fileClasses = map[syscall.Errno]error{
		windows.ERROR_SHARING_VIOLATION: ErrAccess,
		windows.ERROR_BAD_NETPATH:       fs.ErrNotExist,
	}
	pipeClasses = map[syscall.Errno]error{
		windows.ERROR_BROKEN_PIPE:        ErrBrokenPipe,
		windows.ERROR_NO_DATA:            ErrBrokenPipe,
		windows.ERROR_PIPE_NOT_CONNECTED: ErrBrokenPipe,
	}
	peerClasses = map[syscall.Errno]error{windows.ERROR_FILE_NOT_FOUND: ErrRefused, windows.ERROR_PATH_NOT_FOUND: ErrRefused}
)
