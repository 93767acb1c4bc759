"""Evidence: the documents that are cited, kept by their SHA-256, and what is quoted from them, held against them."""
