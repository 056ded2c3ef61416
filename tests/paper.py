"""An experiment of two rows, as its file."""

EXPERIMENT = """
source = "A paper (2020)"
link = "https://example.org/paper"
where = "Table 1"
title = "clean error"
quantities = ["clean.top1_error"]

[[rows]]
label = "ERM"
aug = "erm"

[[rows]]
label = "mixup"
aug = "mixup"

[[settings]]
title = "CIFAR-10"
suite = "cifar10"

[settings.published]
"ERM" = ["5.50"]

[[claims]]
says = "mixup errs less"
where = "Table 1"
quantity = "clean.top1_error"
row = "mixup"
than = "ERM"
settings = [0]
"""
