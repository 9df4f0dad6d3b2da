"""The shared look: base pages, components, words in three languages, and readers of what people write."""
