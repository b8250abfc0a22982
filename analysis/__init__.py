"""Facts to findings: pure functions of frames and Arrow batches."""
