"""The peers, each in its best-known forms; a module imports its library, so that absence is seen."""
