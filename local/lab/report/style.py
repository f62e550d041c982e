"""Colours that people who see red and green alike can tell apart, on a dark ground."""

from __future__ import annotations

from pregao.domain.calibration.barrier import MISSED, STOP, TARGET, TIME

BLUE, ORANGE, GREY = "#4aa3ff", "#ff9f43", "#8a94a6"
LINE, FAINT = "#cfd6e4", "#2a303c"
GROUND, PANEL, TEXT = "#0e1116", "#14181f", "#dfe5ee"
OUTCOME_COLOURS = {TARGET: BLUE, STOP: ORANGE, TIME: GREY, MISSED: FAINT}
