"""Trains convolutional networks on Sedge features artifacts."""
