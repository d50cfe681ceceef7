// The lab's cAdvisor: a small main over the real libraries of cAdvisor.
//
// The program of the official image is not served by the Go module proxy, its libraries are. This main gives them
// the flags, the two endpoints and the reading of kernel OOM messages that the generated stack relies on, and
// nothing else (no web UI, no storage drivers). It is used only where the official image cannot be pulled.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "github.com/google/cadvisor/container/docker/install"
	_ "github.com/google/cadvisor/lib/fs/overlay/install"
	_ "github.com/google/cadvisor/lib/fs/tmpfs/install"
	_ "github.com/google/cadvisor/lib/fs/vfs/install"

	"github.com/google/cadvisor/lib/cache/memory"
	"github.com/google/cadvisor/lib/container"
	"github.com/google/cadvisor/lib/manager"
	"github.com/google/cadvisor/lib/metrics"
	"github.com/google/cadvisor/lib/model"
	"github.com/google/cadvisor/lib/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// version is set by the linker to the version of the libraries.
var version = "unknown"

var (
	listenIP     = flag.String("listen_ip", "", "IP to listen on, all by default")
	port         = flag.Int("port", 8080, "port to listen on")
	endpoint     = flag.String("prometheus_endpoint", "/metrics", "path of the metrics")
	showVersion  = flag.Bool("version", false, "print the version and exit")
	storeLabels  = flag.Bool("store_container_labels", true, "turn every container label into a metric label")
	allowLabels  = flag.String("whitelisted_container_labels", "", "labels to keep where store_container_labels is false")
	allowEnv     = flag.String("env_metadata_whitelist", "", "environment variables to turn into metric labels")
	allowCgroups = flag.String("raw_cgroup_prefix_whitelist", "", "cgroups to report besides Docker's")
	keepFor      = flag.Duration("storage_duration", 2*time.Minute, "how long to keep data in memory")

	// What the official program leaves out unless it is asked for.
	disabled = container.MetricSet{
		container.MemoryNumaMetrics:              {},
		container.NetworkTcpUsageMetrics:         {},
		container.NetworkUdpUsageMetrics:         {},
		container.NetworkAdvancedTcpUsageMetrics: {},
		container.ProcessSchedulerMetrics:        {},
		container.ProcessMetrics:                 {},
		container.HugetlbUsageMetrics:            {},
		container.ReferencedMemoryMetrics:        {},
		container.CPUTopologyMetrics:             {},
		container.ResctrlMetrics:                 {},
		container.CPUSetMetrics:                  {},
	}
	enabled = container.MetricSet{}
)

func main() {
	klog.InitFlags(nil)
	_ = flag.Set("v", "2")
	flag.Var(&disabled, "disable_metrics", "kinds of metrics to leave out")
	flag.Var(&enabled, "enable_metrics", "kinds of metrics to report; overrides disable_metrics")
	flag.Parse()
	if *showVersion {
		fmt.Printf("cAdvisor version %s (midwatch lab)\n", version)
		return
	}

	included := container.AllMetrics.Difference(disabled)
	if len(enabled) > 0 {
		included = enabled
	}
	watch, err := manager.New(memory.New(*keepFor, nil), sysfs.NewRealSysFs(), manager.HousekeepingConfigFlags, included,
		strings.Split(*allowCgroups, ","), strings.Split(*allowEnv, ","), "", 0)
	if err != nil {
		klog.Fatalf("cannot create the manager: %v", err)
	}
	if err := watch.Start(); err != nil {
		klog.Fatalf("cannot start the manager: %v", err)
	}
	stopOnSignal(watch)

	source := &withOOMs{Manager: watch, counts: map[string]uint64{}}
	if included.Has(container.OOMMetrics) {
		source.follow()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.Handle(*endpoint, metricsHandler(source, included))
	address := fmt.Sprintf("%s:%d", *listenIP, *port)
	klog.Infof("Starting cAdvisor version: %s (midwatch lab) on %s", version, address)
	klog.Fatal(http.ListenAndServe(address, mux))
}

// metricsHandler answers each scrape from a registry of its own, as the official program does, so that a container
// that is gone leaves nothing behind.
func metricsHandler(source *withOOMs, included container.MetricSet) http.Handler {
	labels := metrics.ContainerLabelsFunc(metrics.DefaultContainerLabels)
	if !*storeLabels {
		kept := strings.Split(*allowLabels, ",")
		for i := range kept {
			kept[i] = strings.TrimSpace(kept[i])
		}
		labels = metrics.BaseContainerLabels(kept)
	}
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	options := model.RequestOptions{IdType: model.TypeName, Count: 1, Recursive: true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := clock.RealClock{}
		scrape := prometheus.NewRegistry()
		scrape.MustRegister(
			metrics.NewPrometheusCollector(source, labels, included, now, options),
			metrics.NewPrometheusMachineCollector(source, included),
		)
		both := prometheus.Gatherers{scrape, process}
		promhttp.HandlerFor(both, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r)
	})
}

func stopOnSignal(watch manager.Manager) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		_ = watch.Stop()
		os.Exit(0)
	}()
}
