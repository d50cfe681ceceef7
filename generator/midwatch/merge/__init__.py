"""Three-way merge of generated files with hand edits: by structure and meaning, with every untouched byte kept."""
