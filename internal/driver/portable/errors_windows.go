package portable

import (
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// classes is the table from the system's error numbers to the driver's classes
// (Windows Sockets Error Codes, learn.microsoft.com/windows/win32/winsock).
// Overlapped calls, which net uses, report some of them by their Win32 numbers.
var classes = map[syscall.Errno]error{
	windows.WSAECONNRESET:             driver.ErrReset,
	windows.WSAECONNABORTED:           driver.ErrReset, // what a send meets after the peer's reset
	windows.WSAENETRESET:              driver.ErrReset,
	windows.ERROR_NETNAME_DELETED:     driver.ErrReset,
	windows.ERROR_CONNECTION_ABORTED:  driver.ErrReset,
	windows.WSAECONNREFUSED:           driver.ErrRefused,
	windows.ERROR_CONNECTION_REFUSED:  driver.ErrRefused,
	windows.WSAETIMEDOUT:              driver.ErrTimedOut,
	windows.ERROR_SEM_TIMEOUT:         driver.ErrTimedOut,
	windows.WSAENETDOWN:               driver.ErrUnreachable,
	windows.WSAENETUNREACH:            driver.ErrUnreachable,
	windows.ERROR_NETWORK_UNREACHABLE: driver.ErrUnreachable,
	windows.WSAEHOSTDOWN:              driver.ErrUnreachable,
	windows.WSAEHOSTUNREACH:           driver.ErrUnreachable,
	windows.ERROR_HOST_UNREACHABLE:    driver.ErrUnreachable,
	windows.WSAENOTCONN:               driver.ErrNotConnected,
	windows.WSAEISCONN:                driver.ErrConnected,
	windows.WSAESHUTDOWN:              driver.ErrShutdown,
	windows.WSAEADDRINUSE:             driver.ErrAddrInUse,
	windows.WSAEADDRNOTAVAIL:          driver.ErrAddrNotAvail,
	windows.WSAEACCES:                 driver.ErrAccess,
	windows.WSAEINVAL:                 driver.ErrInvalid,
	windows.WSAEMSGSIZE:               driver.ErrMessageSize,
	windows.WSAEAFNOSUPPORT:           driver.ErrNotSupported,
	windows.WSAEPROTONOSUPPORT:        driver.ErrNotSupported,
	windows.WSAENOPROTOOPT:            driver.ErrNotSupported,
	windows.WSAEOPNOTSUPP:             driver.ErrNotSupported,
	windows.WSAEMFILE:                 driver.ErrLimit,
	windows.WSAENOBUFS:                driver.ErrLimit,
	windows.ERROR_NOT_ENOUGH_MEMORY:   driver.ErrLimit,
}
