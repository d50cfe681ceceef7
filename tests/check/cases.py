"""Ways to break the good stack, at least one for each rule."""

from __future__ import annotations

from dataclasses import dataclass

COMPOSE, PROM = "compose.yaml", "prometheus/prometheus.yml"
MANAGER = "alertmanager/alertmanager.yml"


@dataclass(frozen=True)
class Case:
    """One way to break the good stack: replace ``old`` in ``file``; the finding says ``words``."""

    rule: str
    file: str
    old: str
    new: str
    words: str
    service: str = ""
    place: str = ""
    """File of the finding, where it is not ``file``."""


REDIS = "    image: docker.io/library/redis:8.0.6\n"
CASES = [
    Case("image-pinned", COMPOSE, "prom/prometheus:v3.16.0", "prom/prometheus", "without a tag", "prometheus"),
    Case("image-pinned", COMPOSE, "library/redis:8.0.6", "library/redis:latest", "moving tag", "redis"),
    Case("image-pinned", COMPOSE, REDIS, "", "names no image", "redis"),
    Case("memory-limit", COMPOSE, "          memory: 576m\n", "", "no memory limit", "redis"),
    Case("memory-limit", COMPOSE, "memory: 576m", "memory: 0", "no memory limit", "redis"),
    Case(
        "cpu-limit",
        COMPOSE,
        '          cpus: "1"\n          memory: 512m\n',
        "          memory: 512m\n",
        "no CPU limit",
        "prometheus",
    ),
    Case("memory-reservation", COMPOSE, "          memory: 8m\n", "", "no memory reservation", "probe-tools"),
    Case("memory-reservation", COMPOSE, "memory: 8m", "memory: 800m", "more memory (800 MiB)", "probe-tools"),
    Case("cpu-reservation", COMPOSE, '          cpus: "0.01"\n', "", "no CPU reservation", "probe-tools"),
    Case("cpu-reservation", COMPOSE, 'cpus: "0.01"', 'cpus: "2"', "more CPU (2)", "probe-tools"),
    Case("pids-limit", COMPOSE, "          pids: 16\n", "", "no pids limit", "probe-tools"),
    Case("stop-grace-period", COMPOSE, "    stop_grace_period: 5s\n", "", "no stop_grace_period", "probe-tools"),
    Case(
        "health-check",
        COMPOSE,
        "    healthcheck:\n",
        "    healthcheck:\n      disable: true\n",
        "disabled",
        "prometheus",
    ),
    Case("health-check", COMPOSE, "      start_period: 60s\n", "", "without start_period", "prometheus"),
    Case(
        "health-check", COMPOSE, "      one_shot: true\n", "      one_shot: false\n", "no health check", "probe-tools"
    ),
    Case(
        "health-check-program",
        COMPOSE,
        'test: [CMD, /probe/busybox, wget, -qO-, "http://127.0.0.1:3100/ready"]',
        "test: wget -qO- http://127.0.0.1:3100/ready",
        "needs a shell",
        "loki",
    ),
    Case(
        "health-check-program",
        COMPOSE,
        'test: [CMD, /probe/busybox, wget, -qO-, "http://127.0.0.1:13133/"]',
        'test: [CMD, wget, -qO-, "http://127.0.0.1:13133/"]',
        "needs wget",
        "otel-collector",
    ),
    Case("health-check-program", COMPOSE, "      - probe-tools:/probe:ro\n", "", "needs /probe/busybox", "loki"),
    Case("restart-policy", COMPOSE, "    restart: unless-stopped\n", "", "not restarted", "prometheus"),
    Case("restart-policy", COMPOSE, "restart: unless-stopped", 'restart: "no"', "not restarted", "prometheus"),
    Case("log-rotation", COMPOSE, "    logging: *logging\n", "", "without max-size", "prometheus"),
    Case("log-rotation", COMPOSE, '    max-file: "3"\n', "", "without max-file", "redis"),
    Case("read-only-root", COMPOSE, "    read_only: true\n", "", "writable root", "prometheus"),
    Case("no-new-privileges", COMPOSE, "no-new-privileges:true", "no-new-privileges:false", "gain", "prometheus"),
    Case("cap-drop", COMPOSE, "    cap_drop:\n      - ALL\n", "", "does not drop", "prometheus"),
    Case("cap-add", COMPOSE, REDIS, REDIS + "    cap_add: [SYS_ADMIN]\n", "SYS_ADMIN", "redis"),
    Case("non-root-user", COMPOSE, '    user: "999:999"\n', "", "names no user", "redis"),
    Case("non-root-user", COMPOSE, '"999:999"', '"0:999"', "runs as root", "redis"),
    Case("not-privileged", COMPOSE, REDIS, REDIS + "    privileged: true\n", "is privileged", "redis"),
    Case("host-namespaces", COMPOSE, REDIS, REDIS + "    pid: host\n", "pid: host", "redis"),
    Case("loopback-ports", COMPOSE, "127.0.0.1:9090:9090", "9090:9090", "port 9090 on all", "gateway"),
    Case("loopback-ports", COMPOSE, "127.0.0.1:9090:9090", "0.0.0.0:9090:9090", "port 9090 on all", "gateway"),
    Case("config-read-only", COMPOSE, "redis.conf:ro", "redis.conf", "can write redis/redis.conf", "redis"),
    Case("host-mounts", COMPOSE, "redis-data:/data\n", "redis-data:/data\n      - /etc:/host\n", "write /etc", "redis"),
    Case(
        "docker-socket",
        COMPOSE,
        "redis-data:/data\n",
        "redis-data:/data\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n",
        "holds the Docker socket",
        "redis",
    ),
    Case("docker-socket", COMPOSE, "      - docker-api\n", "      - edge\n", "holds the Docker socket", "docker-proxy"),
    Case(
        "config-mounted",
        COMPOSE,
        "      - ./loki/loki.yaml:/etc/loki/loki.yaml:ro\n",
        "",
        "/etc/loki/loki.yaml",
        "loki",
    ),
    Case("budget-memory", "stack.yaml", "memory: 4GiB", "memory: 2GiB", "limits add up to", place=COMPOSE),
    Case("budget-cpus", "stack.yaml", "cpus: 6", "cpus: 4", "the host has 4", place=COMPOSE),
    Case("budget-disk", "stack.yaml", "disk: 40GiB", "disk: 20GiB", "the host has 20 GiB", place=COMPOSE),
    Case("volume-size", COMPOSE, "      size: 16MiB\n", "", "probe-tools has no size"),
    Case(
        "volume-backup",
        COMPOSE,
        "      backup: RDB snapshot by restic, every 24 h\n",
        '      backup: "backup-redis: dump, by restic"\n',
        "no such service mounts it",
    ),
    Case(
        "backup-destination",
        COMPOSE,
        REDIS,
        REDIS + "    environment: {BACKUP_REPOSITORY: /data/repository}\n",
        "volume redis-data of the same host",
        "redis",
    ),
    Case(
        "backup-destination",
        COMPOSE,
        REDIS,
        REDIS + "    environment: {BACKUP_REPOSITORY: /srv/repository}\n",
        "goes with the container",
        "redis",
    ),
    Case(
        "volume-backup", COMPOSE, "      backup: RDB snapshot by restic, every 24 h\n", "", "redis-data has no backup"
    ),
    Case("volume-owner", COMPOSE, "      - otel-queue:/var/lib/otelcol\n", "", "otel-queue is used by no service"),
    Case("volume-declared", COMPOSE, "redis-data:/data", "reddis-data:/data", "reddis-data, which is not", "redis"),
    Case("volume-declared", COMPOSE, "redis-data:/data", "/data", "without a name", "redis"),
    Case(
        "mounted-files", COMPOSE, "./loki/loki.yaml:", "./loki/lokki.yaml:", "loki/lokki.yaml, which does not", "loki"
    ),
    Case("tmpfs-size", COMPOSE, "/tmp:size=16m,mode=1777", "/tmp:mode=1777", "without a size", "loki"),
    Case("tmpfs-size", COMPOSE, "/tmp:size=16m", "/tmp:size=600m", "600 MiB of tmpfs", "loki"),
    Case("go-memory-limit", COMPOSE, "GOMEMLIMIT: 460MiB", "GOMEMLIMIT: 512MiB", "not below", "prometheus"),
    Case("go-memory-limit", COMPOSE, "GOMEMLIMIT: 460MiB", "GOMEMLIMIT: 460MB", "cannot read", "prometheus"),
    Case("go-memory-limit", COMPOSE, "    environment:\n      GOMEMLIMIT: 460MiB\n", "", "no GOMEMLIMIT", "prometheus"),
    Case(
        "collector-memory-limiter",
        "otel-collector/config.yaml",
        "limit_mib: 180",
        "limit_mib: 256",
        "not below",
        "otel-collector",
    ),
    Case(
        "collector-memory-limiter",
        "otel-collector/config.yaml",
        "spike_limit_mib: 40",
        "spike_limit_mib: 180",
        "spike_limit_mib 180",
        "otel-collector",
    ),
    Case(
        "collector-memory-limiter",
        "otel-collector/config.yaml",
        "[memory_limiter, transform/pii, batch]",
        "[transform/pii, memory_limiter, batch]",
        "does not begin",
        "otel-collector",
    ),
    Case(
        "pii-redaction",
        "otel-collector/config.yaml",
        "[memory_limiter, transform/pii, batch]",
        "[memory_limiter, batch]",
        "stores logs without removing",
        "otel-collector",
    ),
    Case(
        "pii-redaction",
        "otel-collector/config.yaml",
        "- replace_pattern(body",
        "- replace_pattern(attributes",
        "stores the text of logs without",
        "otel-collector",
    ),
    Case(
        "pii-redaction",
        "otel-collector/config.yaml",
        "- replace_all_patterns(attributes",
        "- set(attributes",
        "stores the attributes of logs without",
        "otel-collector",
    ),
    Case("redis-memory", "redis/redis.conf", "maxmemory 256mb", "maxmemory 512mb", "768 MiB, it has 576 MiB", "redis"),
    Case("redis-memory", "redis/redis.conf", "maxmemory 256mb\n", "", "no maxmemory", "redis"),
    Case("redis-eviction", "redis/redis.conf", "noeviction", "allkeys-lru", "evicts what is in use", "redis"),
    Case("redis-persistence", "redis/redis.conf", "appendonly yes", "appendonly no", "append-only", "redis"),
    Case("redis-persistence", "redis/redis.conf", "dir /data", "dir /srv", "no volume at /srv", "redis", COMPOSE),
    Case("redis-access", "redis/redis.conf", "aclfile /run/secrets/redis_users_acl\n", "", "neither", "redis"),
    Case("prometheus-retention", COMPOSE, "      - --storage.tsdb.retention.time=7d\n", "", "by time", "prometheus"),
    Case("prometheus-retention", COMPOSE, "retention.size=8GB", "retention.size=10GB", "keeps 10 GiB", "prometheus"),
    Case("prometheus-retention", COMPOSE, "retention.size=8GB", "retention.size=8G", "cannot read", "prometheus"),
    Case("loki-retention", "loki/loki.yaml", "  retention_enabled: true\n", "", "retention_enabled", "loki"),
    Case(
        "loki-retention", "loki/loki.yaml", "  delete_request_store: filesystem\n", "", "delete_request_store", "loki"
    ),
    Case("loki-retention", "loki/loki.yaml", "  retention_period: 168h\n", "  {}\n", "retention_period", "loki"),
    Case(
        "loki-replay",
        "loki/loki.yaml",
        "auth_enabled: false\n",
        "auth_enabled: false\ningester: {wal: {replay_memory_ceiling: 4GB}}\n",
        "replay_memory_ceiling 4 GiB is not below its limit",
        "loki",
    ),
    Case(
        "slack-webhook-file",
        "alertmanager/alertmanager.yml",
        "slack_api_url_file: /run/secrets/slack_webhook_url",
        "slack_api_url: http://x",
        "itself",
        "alertmanager",
    ),
    Case(
        "slack-webhook-file",
        "alertmanager/alertmanager.yml",
        "  slack_api_url_file: /run/secrets/slack_webhook_url\n",
        "",
        "has no api_url_file",
        "alertmanager",
    ),
    Case(
        "critical-told",
        MANAGER,
        "- name: slack-critical\n    slack_configs",
        "- name: slack-critical\n    none",
        "go to slack-critical, which tells nobody: RedisDown",
        "alertmanager",
    ),
    Case(
        "critical-told",
        MANAGER,
        "    - receiver: slack-critical\n",
        "    - receiver: nowhere\n",
        "go to nowhere, which tells nobody",
        "alertmanager",
    ),
    Case(
        "critical-told",
        MANAGER,
        "    - receiver: slack-critical\n",
        "    - receiver: slack-critical\n      mute_time_intervals: [night]\n",
        "at some hours only (mute_time_intervals): RedisDown",
        "alertmanager",
    ),
    Case(
        "critical-told",
        MANAGER,
        'source_matchers: [severity="critical"]\n    target_matchers: [severity="warning"]\n    equal: [job]',
        "source_match: {alertname: Watchdog}\n    target_match_re: {severity: crit.*}",
        "Watchdog, which always fires, silences critical alerts: RedisDown",
        "alertmanager",
    ),
    Case(
        "alerting-wired",
        PROM,
        "alertmanager:9093]\n\nscrape",
        "alertmangaer:9093]\n\nscrape",
        "no service",
        "prometheus",
    ),
    Case("alerting-wired", PROM, "rules/*.yml", "rulez/*.yml", "no rule file is mounted", "prometheus"),
    Case("alerting-wired", PROM, "rule_files:\n  - /etc/prometheus/rules/*.yml\n", "", "loads no rules", "prometheus"),
    Case(
        "watchdog",
        "prometheus/rules/watchdog.yml",
        "vector(1)",
        "vector(0)",
        "no alert always fires",
        "prometheus",
        PROM,
    ),
    Case("alert-runbook", "prometheus/rules/redis.yml", "alert: RedisDown", "alert: RedisGone", "no runbook"),
    Case("alert-runbook", "prometheus/rules/redis.yml", "runbook_url:", "link:", "no runbook_url"),
    Case(
        "alert-test",
        "prometheus/tests/redis.test.yml",
        "alertname: RedisDown",
        "alertname: RedisGone",
        "RedisDown has no test",
        place="prometheus/rules/redis.yml",
    ),
    Case(
        "alert-metrics",
        "prometheus/rules/redis.yml",
        "expr: max by (job) (redis_up",
        "expr: max by (job) (redis_upp",
        "redis_upp is not exported by redis-exporter",
    ),
    Case(
        "alert-metrics", "prometheus/rules/redis.yml", 'job="redis-exporter"', 'job="redis"', "no job redis is scraped"
    ),
    Case(
        "alert-metrics",
        "prometheus/rules/redis.yml",
        'expr: max by (job) (redis_up{job="redis-exporter"}) == 0',
        "expr: redis_gone > 1",
        "exported by nothing",
    ),
    Case("alert-metrics", "prometheus/rules/redis.yml", "== 0 or", "=== 0 or", "cannot be parsed"),
    Case(
        "alert-labels",
        "prometheus/rules/redis.yml",
        "max by (job)",
        "max by (jobs)",
        "max by (...) uses jobs, which no series has",
    ),
    Case(
        "alert-labels",
        "prometheus/rules/redis.yml",
        'redis_up{job="redis-exporter"}',
        'redis_up{job="redis-exporter", err="OOM"}',
        "a matcher of redis_up uses err",
    ),
    Case(
        "alert-labels",
        "prometheus/rules/redis.yml",
        "summary: Redis is down",
        "summary: Redis is down at {{ $labels.instance }}",
        "summary shows $labels.instance, which its expression does not leave",
    ),
    Case(
        "scrape-coverage",
        PROM,
        "[redis-exporter:9121]",
        "[elsewhere:9121]",
        "does not scrape",
        "redis-exporter",
        COMPOSE,
    ),
    Case(
        "scrape-coverage",
        COMPOSE,
        "      - monitoring\n      - redis\n",
        "      - redis\n",
        "shares no network",
        "prometheus",
        PROM,
    ),
    Case(
        "network-declared", COMPOSE, "      - docker-api\n", "      - docker\n", "docker, which is not", "docker-proxy"
    ),
    Case("internal-network", COMPOSE, "  monitoring:\n    internal: true\n", "  monitoring: {}\n", "is not internal"),
    Case("internal-network", COMPOSE, "    networks:\n      - docker-api\n", "", "network default", "docker-proxy"),
    Case(
        "secret-declared", COMPOSE, "  pii_salt:\n    file: ./secrets/pii_salt\n", "", "not declared", "otel-collector"
    ),
    Case("secret-declared", COMPOSE, "    file: ./secrets/pii_salt\n", "    {}\n", "pii_salt has no file"),
    Case("secret-ignored", ".gitignore", "secrets/\n", "", "not ignored"),
    Case(
        "secret-mounted", COMPOSE, "    secrets:\n      - slack_webhook_url\n", "", "slack_webhook_url", "alertmanager"
    ),
    Case(
        "secret-mounted",
        COMPOSE,
        "    secrets:\n      - redis_exporter_password\n",
        "",
        "not among its secrets",
        "redis-exporter",
    ),
    Case(
        "no-secrets", "redis/redis.conf", "appendonly yes", "requirepass swordfish99", "a literal value for requirepass"
    ),
]
