"""The agreement editor's loop: check a draft, see what each clause costs, try other numbers."""
