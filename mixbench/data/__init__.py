"""Data: splits held in memory or streaming, loaders one file each, label noise, the base transform."""
