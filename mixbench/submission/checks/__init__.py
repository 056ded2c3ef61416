"""What may speak against a record: one file a subject, each check a generator of reasons."""
