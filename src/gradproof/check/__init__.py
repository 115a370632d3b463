"""Evidence, verdict, diagnosis, report."""
