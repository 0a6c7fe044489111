"""Tests of the images, bare."""
