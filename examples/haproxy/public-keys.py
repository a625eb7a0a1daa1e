#!/usr/bin/env python3
"""Writes the keys of a JWKS to the PEM files that haproxy.cfg names, and prints `changed` if a file changed.

    public-keys.py JWKS_URL DIRECTORY

Run it every five minutes, and reload HAProxy when it prints `changed`. Needs PyJWT and cryptography. If the issuer cannot
be reached, it fails and leaves the files unchanged.
"""

import json
import sys
from pathlib import Path
from urllib.request import urlopen

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

# begin: keys
FILES = 4  # the number of key files in haproxy.cfg

url, directory = sys.argv[1], Path(sys.argv[2])
with urlopen(url, timeout=5) as answer:
    jwks = json.load(answer)["keys"]
keys = [RSAAlgorithm.from_jwk(json.dumps(key)) for key in jwks if key["kty"] == "RSA" and key.get("use", "sig") == "sig"]
if not 1 <= len(keys) <= FILES:
    sys.exit(f"{len(keys)} keys at {url}, but haproxy.cfg names {FILES} files")
pems = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys]

changed = False
for number in range(FILES):
    path = directory / f"{number + 1}.pem"
    pem = pems[min(number, len(pems) - 1)]  # every file must exist: surplus files repeat the last key
    if not path.exists() or path.read_bytes() != pem:
        fresh = path.with_suffix(".new")
        fresh.write_bytes(pem)
        fresh.rename(path)
        changed = True
if changed:
    print("changed")
# end: keys
