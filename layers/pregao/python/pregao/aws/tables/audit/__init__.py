"""What reads and appends to the audit tables' chains, for the archive and the questions."""
