package model

import "syscall"

// underWine reports whether Windows is Wine, whose ntdll.dll says so.
func underWine() bool {
	return syscall.NewLazyDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
