"""Sessions: the calibration they are judged with, what became of their alerts, thresholds."""
