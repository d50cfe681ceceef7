"""A stand-in for Slack, to try the alerting without a workspace."""
