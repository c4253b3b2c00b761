"""Mission profiles: what differs between archives and missions, as data (one TOML file each)."""
