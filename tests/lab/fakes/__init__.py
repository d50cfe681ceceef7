"""What the lab puts around the stack: an app and a Slack, each one script that runs in a plain Python image."""
