"""Many writes in one call: read, put in order, done by sets, answered one by one."""
