package winport

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// classes leads from Windows' error numbers to the classes that are the same
// everywhere. One event has two numbers: Winsock's, when the starting call
// reports it, and the one that RtlNtStatusToDosError makes of the NTSTATUS in
// a packet (C68).
var classes = map[syscall.Errno]error{
	windows.ERROR_OPERATION_ABORTED: driver.ErrAborted,
	windows.WSAEWOULDBLOCK:          driver.ErrWouldBlock,

	windows.ERROR_NETNAME_DELETED:    driver.ErrReset,
	windows.ERROR_CONNECTION_ABORTED: driver.ErrReset,
	windows.WSAECONNRESET:            driver.ErrReset,
	windows.WSAECONNABORTED:          driver.ErrReset,
	windows.WSAENETRESET:             driver.ErrReset,

	windows.ERROR_CONNECTION_REFUSED: driver.ErrRefused,
	windows.WSAECONNREFUSED:          driver.ErrRefused,

	windows.ERROR_SEM_TIMEOUT: driver.ErrTimedOut, // STATUS_IO_TIMEOUT
	windows.ERROR_TIMEOUT:     driver.ErrTimedOut,
	windows.WSAETIMEDOUT:      driver.ErrTimedOut,

	windows.ERROR_NETWORK_UNREACHABLE:  driver.ErrUnreachable,
	windows.ERROR_HOST_UNREACHABLE:     driver.ErrUnreachable,
	windows.ERROR_BAD_NETPATH:          driver.ErrUnreachable,
	windows.ERROR_PROTOCOL_UNREACHABLE: driver.ErrUnreachable,
	windows.ERROR_PORT_UNREACHABLE:     driver.ErrUnreachable,
	windows.WSAENETUNREACH:             driver.ErrUnreachable,
	windows.WSAEHOSTUNREACH:            driver.ErrUnreachable,
	windows.WSAENETDOWN:                driver.ErrUnreachable,
	windows.WSAEHOSTDOWN:               driver.ErrUnreachable,

	windows.WSAENOTCONN:               driver.ErrNotConnected,
	windows.ERROR_UNEXP_NET_ERR:       driver.ErrNotConnected, // STATUS_INVALID_CONNECTION
	windows.WSAEISCONN:                driver.ErrConnected,
	windows.WSAEALREADY:               driver.ErrConnected,
	windows.ERROR_CONNECTION_ACTIVE:   driver.ErrConnected,
	windows.WSAESHUTDOWN:              driver.ErrShutdown,
	windows.ERROR_GRACEFUL_DISCONNECT: driver.ErrShutdown,
	windows.WSAEDISCON:                driver.ErrShutdown,

	windows.ERROR_DUP_NAME:          driver.ErrAddrInUse, // STATUS_ADDRESS_ALREADY_EXISTS
	windows.ERROR_SHARING_VIOLATION: driver.ErrAddrInUse,
	windows.WSAEADDRINUSE:           driver.ErrAddrInUse,
	windows.WSAEADDRNOTAVAIL:        driver.ErrAddrNotAvail,
	windows.ERROR_INVALID_NETNAME:   driver.ErrAddrNotAvail, // STATUS_INVALID_ADDRESS_COMPONENT
	windows.WSAEACCES:               driver.ErrAccess,
	windows.ERROR_ACCESS_DENIED:     driver.ErrAccess,

	windows.WSAEMSGSIZE:               driver.ErrMessageSize,
	windows.ERROR_INVALID_USER_BUFFER: driver.ErrMessageSize, // STATUS_INVALID_BUFFER_SIZE

	windows.WSAEINVAL:                        driver.ErrInvalid,
	windows.WSAEFAULT:                        driver.ErrInvalid,
	windows.WSAENOTSOCK:                      driver.ErrInvalid,
	windows.WSAEDESTADDRREQ:                  driver.ErrInvalid,
	windows.ERROR_INVALID_PARAMETER:          driver.ErrInvalid,
	windows.ERROR_INVALID_HANDLE:             driver.ErrInvalid,
	windows.ERROR_ADDRESS_ALREADY_ASSOCIATED: driver.ErrInvalid, // a second bind
	windows.ERROR_INSUFFICIENT_BUFFER:        driver.ErrInvalid,
	windows.ERROR_INVALID_NAME:               driver.ErrInvalid,
	windows.ERROR_BAD_PATHNAME:               driver.ErrInvalid,
	windows.ERROR_NOACCESS:                   driver.ErrInvalid,

	windows.WSAEAFNOSUPPORT:            driver.ErrNotSupported,
	windows.WSAEPFNOSUPPORT:            driver.ErrNotSupported,
	windows.WSAEOPNOTSUPP:              driver.ErrNotSupported,
	windows.WSAENOPROTOOPT:             driver.ErrNotSupported,
	windows.WSAEPROTONOSUPPORT:         driver.ErrNotSupported,
	windows.WSAESOCKTNOSUPPORT:         driver.ErrNotSupported,
	windows.ERROR_NOT_SUPPORTED:        driver.ErrNotSupported,
	windows.ERROR_INVALID_FUNCTION:     driver.ErrNotSupported, // STATUS_NOT_IMPLEMENTED
	windows.ERROR_CALL_NOT_IMPLEMENTED: driver.ErrNotSupported,

	windows.WSAEMFILE:                 driver.ErrLimit,
	windows.WSAENOBUFS:                driver.ErrLimit,
	windows.ERROR_TOO_MANY_OPEN_FILES: driver.ErrLimit,
	windows.ERROR_NOT_ENOUGH_MEMORY:   driver.ErrLimit,
	windows.ERROR_OUTOFMEMORY:         driver.ErrLimit,
	windows.ERROR_NO_SYSTEM_RESOURCES: driver.ErrLimit,
	windows.ERROR_WORKING_SET_QUOTA:   driver.ErrLimit,
	windows.ERROR_NOT_ENOUGH_QUOTA:    driver.ErrLimit,
	windows.ERROR_PAGEFILE_QUOTA:      driver.ErrLimit,
	windows.ERROR_REM_NOT_LIST:        driver.ErrLimit, // STATUS_REMOTE_RESOURCES
	windows.ERROR_TOO_MANY_NAMES:      driver.ErrLimit, // STATUS_TOO_MANY_ADDRESSES
	windows.ERROR_COMMITMENT_LIMIT:    driver.ErrLimit,
}

// sysError gives a system call's error its class; nil stays nil.
func sysError(call string, err error) error {
	var errno syscall.Errno
	if err == nil || !errors.As(err, &errno) {
		return err
	}
	class, ok := classes[errno]
	if !ok {
		class = driver.ErrUnclassified
	}
	return &driver.SysError{Call: call, Class: class, Errno: errno}
}

// networkAnswer reports whether a connect failed by the network's answer: that
// is reported by a packet, also when the starting call knows it already (C71).
// The socket may then be connected again (ConnectEx's page says so of these).
func networkAnswer(err error) bool {
	return errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrTimedOut) ||
		errors.Is(err, driver.ErrUnreachable)
}

// lostInBacklog reports whether an accept failed because its connection was
// reset before it was accepted, which is no failure of the listener (C93). Wine
// 8 calls that connection invalid.
func lostInBacklog(err error) bool {
	return errors.Is(err, driver.ErrReset) || errors.Is(err, driver.ErrTimedOut) ||
		errors.Is(err, driver.ErrNotConnected)
}
