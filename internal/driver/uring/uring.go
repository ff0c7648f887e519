package uring
import ("iocp/internal/driver"; "errors")
type Backend struct{}
func (Backend) Name() string { return "uring" }
func (Backend) Open(driver.Config, driver.Sink) (driver.Port, error) { return nil, errors.New("not there yet") }
