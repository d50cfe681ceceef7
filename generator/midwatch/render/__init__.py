"""Plan in, files out, in memory."""
