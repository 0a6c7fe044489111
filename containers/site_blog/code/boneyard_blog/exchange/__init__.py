"""Taking everything out as Markdown files, and bringing it in again."""
