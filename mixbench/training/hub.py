"""Whether the hub of pretrained weights can be reached, found out at once: its own client tries for a minute."""

from __future__ import annotations

import ssl
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from huggingface_hub import constants

SECONDS = 10
"""How long the hub may take to answer."""


def check_hub(repository: str) -> None:
    """Raise OSError where a repository's weights are not kept on this machine and the hub does not answer."""
    kept = Path(constants.HF_HUB_CACHE, f"models--{repository.partition('@')[0].replace('/', '--')}", "snapshots")
    if constants.is_offline_mode() or kept.is_dir():
        return
    try:
        urlopen(Request(constants.ENDPOINT, method="HEAD"), timeout=SECONDS).close()
    except HTTPError:
        return  # An answer of any kind: what is wrong with the weights the client says better.
    except URLError as error:
        # The client brings certificates of its own.
        if not isinstance(error.reason, ssl.SSLError):
            raise
    except (HTTPException, ValueError) as error:
        raise OSError(f"no usable answer from {constants.ENDPOINT} ({error}); mend HF_ENDPOINT") from None
