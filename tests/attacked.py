"""Whole splits attacked batch by batch, as the battery does."""

import torch

from mixbench.battery.attack import attacking, check_images, perturb_batch
from mixbench.battery.views import MarginView
from mixbench.training.predict import batches


def perturb(model, images, labels, make, eps, view=MarginView):
    """Return adversarial versions of images (N, C, H, W) for true labels (N,)."""
    check_images(images)
    with attacking(model):
        images, labels = images.clone(), labels.clone()
        parts = [perturb_batch(model, images[part], labels[part], make, eps, view) for part in batches(len(images))]
    return torch.cat(parts)
