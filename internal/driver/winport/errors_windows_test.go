package winport

import (
	"errors"
	"testing"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// What a packet says leads to the same class as what Winsock says of the same
// event (C68, C72).
func TestPacketStatusAndWinsockAgree(t *testing.T) {
	for _, e := range []struct {
		status  windows.NTStatus
		winsock windows.Errno
		class   error
	}{
		{windows.STATUS_CANCELLED, windows.ERROR_OPERATION_ABORTED, driver.ErrAborted},
		{windows.STATUS_CONNECTION_RESET, windows.WSAECONNRESET, driver.ErrReset},
		{windows.STATUS_CONNECTION_DISCONNECTED, windows.WSAECONNRESET, driver.ErrReset},
		{windows.STATUS_LOCAL_DISCONNECT, windows.WSAECONNABORTED, driver.ErrReset},
		{windows.STATUS_REMOTE_DISCONNECT, windows.WSAECONNRESET, driver.ErrReset},
		{windows.STATUS_CONNECTION_ABORTED, windows.WSAECONNABORTED, driver.ErrReset},
		{windows.STATUS_CONNECTION_REFUSED, windows.WSAECONNREFUSED, driver.ErrRefused},
		{windows.STATUS_IO_TIMEOUT, windows.WSAETIMEDOUT, driver.ErrTimedOut},
		{windows.STATUS_NETWORK_UNREACHABLE, windows.WSAENETUNREACH, driver.ErrUnreachable},
		{windows.STATUS_HOST_UNREACHABLE, windows.WSAEHOSTUNREACH, driver.ErrUnreachable},
		{windows.STATUS_INVALID_CONNECTION, windows.WSAENOTCONN, driver.ErrNotConnected},
		{windows.STATUS_CONNECTION_ACTIVE, windows.WSAEISCONN, driver.ErrConnected},
		{windows.STATUS_INVALID_ADDRESS_COMPONENT, windows.WSAEADDRNOTAVAIL, driver.ErrAddrNotAvail},
		{windows.STATUS_ACCESS_DENIED, windows.WSAEACCES, driver.ErrAccess},
		{windows.STATUS_INVALID_PARAMETER, windows.WSAEINVAL, driver.ErrInvalid},
		{windows.STATUS_NOT_SUPPORTED, windows.WSAEOPNOTSUPP, driver.ErrNotSupported},
		{windows.STATUS_INSUFFICIENT_RESOURCES, windows.WSAENOBUFS, driver.ErrLimit},
		{windows.STATUS_NO_MEMORY, windows.WSAENOBUFS, driver.ErrLimit},
	} {
		for _, errno := range []windows.Errno{e.status.Errno(), e.winsock} {
			err := sysError("WSARecv", errno)
			if !errors.Is(err, e.class) || !errors.Is(err, errno) {
				t.Errorf("status %#x, number %d: %v, want %v", uint32(e.status), errno, err, e.class)
			}
		}
	}
	if err := sysError("WSARecv", windows.ERROR_CRC); !errors.Is(err, driver.ErrUnclassified) {
		t.Error(err)
	}
	if sysError("WSARecv", nil) != nil {
		t.Error("no error has become one")
	}
}
