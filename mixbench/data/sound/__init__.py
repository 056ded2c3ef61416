"""Sound as images: waveforms, and spectrograms as bytes that the image pipeline takes."""
