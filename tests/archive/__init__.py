"""A real HTTP archive with faults on demand, for tests and demonstrations."""
