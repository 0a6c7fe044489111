"""The views of posts, one subject in each module."""
