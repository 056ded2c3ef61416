"""Images and labels: resident uint8 splits, loaders one file each, label noise, the base transform."""
