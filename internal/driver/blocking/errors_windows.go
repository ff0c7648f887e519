package blocking

import (
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// classes is the table from the system's error numbers to the driver's classes
// (System Error Codes, learn.microsoft.com/windows/win32/debug).
var classes = map[syscall.Errno]error{
	windows.ERROR_SHARING_VIOLATION:   driver.ErrAccess,
	windows.ERROR_LOCK_VIOLATION:      driver.ErrAccess,
	windows.ERROR_INVALID_PARAMETER:   driver.ErrInvalid,
	windows.ERROR_INVALID_HANDLE:      driver.ErrInvalid,
	windows.ERROR_INVALID_NAME:        driver.ErrInvalid,
	windows.ERROR_INVALID_FUNCTION:    driver.ErrNotSupported,
	windows.ERROR_NOT_SUPPORTED:       driver.ErrNotSupported,
	windows.ERROR_TOO_MANY_OPEN_FILES: driver.ErrLimit,
	windows.ERROR_NOT_ENOUGH_MEMORY:   driver.ErrLimit,
	windows.ERROR_DISK_FULL:           driver.ErrLimit,
	windows.ERROR_HANDLE_DISK_FULL:    driver.ErrLimit,
}
