"""What a user asks for: suites, augmentation specs, named randomness, errors. No torch, nothing of ours above it."""
