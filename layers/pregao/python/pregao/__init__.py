"""Pregão: reads closed candles, detects patterns, alerts the operators once and in time, and records it.

Floors, top to bottom: bootstrap, aws, flow, wire, cold, {settings, clock}, config, domain.
"""
