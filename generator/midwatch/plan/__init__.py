"""What follows from the spec: budget, services, volumes, secrets, apps."""
