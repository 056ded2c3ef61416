"""The battery: a subject in, per-example outcomes out; one file a group of measures."""
