"""A package, so that pytest ends its stack with its last test and not with the whole run."""
