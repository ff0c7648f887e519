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

// The statuses that WSAGetOverlappedResult has an answer of its own for. It
// answers in Winsock's numbers and a packet's status becomes a Win32 number; both
// are of one class (C68, C72). The system under test is asked, not a list.
func TestStatusClassesAgreeWithWinsock(t *testing.T) {
	sock, err := windows.WSASocket(windows.AF_INET, windows.SOCK_STREAM, 0, nil, 0, windows.WSA_FLAG_OVERLAPPED)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.Closesocket(sock)
	for _, status := range winsockStatuses {
		o := windows.Overlapped{Internal: uintptr(status)}
		var n, flags uint32
		winsock := windows.WSAGetOverlappedResult(sock, &o, &n, false, &flags)
		packet := sysError("packet", status.Errno())
		agree := errors.Is(sysError("winsock", winsock), packet.(*driver.SysError).Class)
		if _, differs := differing[status]; agree == differs {
			t.Errorf("status %#x: the packet says %v, Winsock says %v", uint32(status), packet, winsock)
		}
	}
}

// differing are the statuses of which a packet doesn't say what Winsock says,
// and why. Found under Wine 8, whose own tests pass on Windows.
var differing = map[windows.NTStatus]string{
	windows.STATUS_LINK_TIMEOUT:             "shares ERROR_UNEXP_NET_ERR with STATUS_INVALID_CONNECTION",
	windows.STATUS_TRANSACTION_ABORTED:      "the same",
	windows.STATUS_UNEXPECTED_NETWORK_ERROR: "the same",
	windows.STATUS_DEVICE_NOT_READY:         "would block: not of an overlapped operation (C54)",
	windows.STATUS_NO_SUCH_FILE:             "the network is down: not when it is a file's",
	windows.STATUS_OBJECT_NAME_NOT_FOUND:    "the same",
	windows.STATUS_OBJECT_PATH_NOT_FOUND:    "the same",
	windows.STATUS_PIPE_DISCONNECTED:        "shut down: not when it is a pipe's",
	windows.STATUS_PORT_UNREACHABLE:         "a reset: what Winsock makes of a datagram that nobody wanted",
	windows.STATUS_TOO_MANY_OPENED_FILES:    "invalid argument: a limit is what it is",
	windows.STATUS_UNSUCCESSFUL:             "invalid argument: nobody knows",
}

var winsockStatuses = []windows.NTStatus{
	windows.STATUS_ACCESS_DENIED,
	windows.STATUS_ACCESS_VIOLATION,
	windows.STATUS_ADDRESS_ALREADY_ASSOCIATED,
	windows.STATUS_ADDRESS_ALREADY_EXISTS,
	windows.STATUS_CANCELLED,
	windows.STATUS_COMMITMENT_LIMIT,
	windows.STATUS_CONNECTION_ABORTED,
	windows.STATUS_CONNECTION_ACTIVE,
	windows.STATUS_CONNECTION_DISCONNECTED,
	windows.STATUS_CONNECTION_REFUSED,
	windows.STATUS_CONNECTION_RESET,
	windows.STATUS_DEVICE_NOT_READY,
	windows.STATUS_GRACEFUL_DISCONNECT,
	windows.STATUS_HOST_UNREACHABLE,
	windows.STATUS_INSUFFICIENT_RESOURCES,
	windows.STATUS_INVALID_ADDRESS_COMPONENT,
	windows.STATUS_INVALID_CONNECTION,
	windows.STATUS_INVALID_HANDLE,
	windows.STATUS_IO_TIMEOUT,
	windows.STATUS_LINK_TIMEOUT,
	windows.STATUS_LOCAL_DISCONNECT,
	windows.STATUS_NETWORK_UNREACHABLE,
	windows.STATUS_NO_MEMORY,
	windows.STATUS_NO_SUCH_FILE,
	windows.STATUS_NOT_IMPLEMENTED,
	windows.STATUS_NOT_SUPPORTED,
	windows.STATUS_OBJECT_NAME_INVALID,
	windows.STATUS_OBJECT_NAME_NOT_FOUND,
	windows.STATUS_OBJECT_PATH_NOT_FOUND,
	windows.STATUS_OBJECT_PATH_SYNTAX_BAD,
	windows.STATUS_OBJECT_TYPE_MISMATCH,
	windows.STATUS_PAGEFILE_QUOTA,
	windows.STATUS_PIPE_DISCONNECTED,
	windows.STATUS_PORT_UNREACHABLE,
	windows.STATUS_PROTOCOL_UNREACHABLE,
	windows.STATUS_QUOTA_EXCEEDED,
	windows.STATUS_REMOTE_DISCONNECT,
	windows.STATUS_REMOTE_RESOURCES,
	windows.STATUS_REQUEST_ABORTED,
	windows.STATUS_SHARING_VIOLATION,
	windows.STATUS_TOO_MANY_ADDRESSES,
	windows.STATUS_TOO_MANY_OPENED_FILES,
	windows.STATUS_TRANSACTION_ABORTED,
	windows.STATUS_UNEXPECTED_NETWORK_ERROR,
	windows.STATUS_UNSUCCESSFUL,
	windows.STATUS_WORKING_SET_QUOTA,
	windows.STATUS_BAD_NETWORK_PATH,
	windows.STATUS_BUFFER_TOO_SMALL,
}
