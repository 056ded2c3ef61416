"""What several methods share: boxes, partners, fills, policies' operations, feature maps."""
