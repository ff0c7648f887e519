package iocp

import _ "iocp/internal/driver/sim" // to be had by name only
