package main

import (
	"sync"

	"github.com/google/cadvisor/lib/manager"
	"github.com/google/cadvisor/lib/model"
	"github.com/google/cadvisor/utils/oomparser"
	"k8s.io/klog/v2"
)

// withOOMs adds the number of kernel OOM kills to what the manager reports: the library leaves it at zero, since
// reading the kernel's log (/dev/kmsg) is the program's business.
type withOOMs struct {
	manager.Manager
	mu     sync.Mutex
	counts map[string]uint64
}

func (w *withOOMs) follow() {
	parser, err := oomparser.New()
	if err != nil {
		klog.Warningf("no OOM events: %v", err)
		return
	}
	kills := make(chan *oomparser.OomInstance, 10)
	go parser.StreamOoms(kills)
	go func() {
		for kill := range kills {
			w.mu.Lock()
			w.counts[kill.ContainerName]++
			w.mu.Unlock()
		}
	}()
}

// GetRequestedContainersInfo is what the Prometheus collector asks for at each scrape.
func (w *withOOMs) GetRequestedContainersInfo(name string, options model.RequestOptions) (map[string]*model.ContainerInfo, error) {
	found, err := w.Manager.GetRequestedContainersInfo(name, options)
	w.mu.Lock()
	defer w.mu.Unlock()
	for cgroup, one := range found {
		for _, stats := range one.Stats {
			stats.OOMEvents = w.counts[cgroup]
		}
	}
	return found, err
}
