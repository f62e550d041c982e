"""Pregão: hears a market, recognises opportunities, calls them out once, in time, with proof.

Floors, top to bottom: bootstrap, aws, {flow, wire, settings, config_files, clock}, domain.
"""
