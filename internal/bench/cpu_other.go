//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNoProc = errors.New("measuring other processes needs Linux")

func cpuOf(int) (time.Duration, error) { return 0, errNoProc }

func childrenOf(int) ([]int, error) { return nil, errNoProc }

func residentOf(int) (resident, error) { return resident{}, errNoProc }
