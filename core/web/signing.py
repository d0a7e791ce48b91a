"""What a page carries along to be sent again, signed: nobody can make it up, nor use it elsewhere."""

from __future__ import annotations

import hashlib

from flask import current_app
from itsdangerous import URLSafeSerializer

from core.web import requests


def signer(purpose: str, *whom: object) -> URLSafeSerializer:
    """Signs for one purpose in the database of this request; where more is named, for that only."""
    return URLSafeSerializer(
        current_app.secret_key or "",
        salt=":".join(map(str, ("lumbung", purpose, requests.database().name, *whom))),
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
