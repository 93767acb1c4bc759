"""Evidence: copies of cited documents, named by their SHA-256, and checks of what is quoted from them."""
