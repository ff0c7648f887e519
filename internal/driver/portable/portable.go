package portable

import (
	"errors"
	"iocp/internal/driver"
)

type Backend struct{}

func (Backend) Name() string { return "portable" }
func (Backend) Open(driver.Config, driver.Sink) (driver.Port, error) {
	return nil, errors.New("not there yet")
}
