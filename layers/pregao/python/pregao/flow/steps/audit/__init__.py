"""Appending to chains, closing and compacting days, and questions to the audit."""
