"""The secret files of a project: made, asked for or derived; never printed, never in git.

``secrets/`` has mode 0700, so no other user of the host gets in; the files in it have 0444, so that the process that
a file is mounted into can read it, whoever it runs as: Compose mounts a file secret as it lies on the host.
"""
