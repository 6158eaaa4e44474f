"""Sealing for a box and reading back: fixed lengths, bound to box, nominee and member. Source: libsodium.

A sealed box (X25519, XSalsa20-Poly1305) carries an ephemeral key that is forgotten at once: not even who sealed
it can open it again. The teller's key comes from a code of 79 bits by Argon2id; the box's private key is
sealed once for each pair of the three tellers, to one inside the other, so that any two open it together.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey

CHOICES = ("agree", "disagree", "abstain", "blank")
PLAIN = 32
SEALED = PLAIN + 48
# The interactive cost (64 MB): a code of 79 bits needs no more, and the office's computer has the memory.
_OPS, _MEMORY = pwhash.argon2id.OPSLIMIT_INTERACTIVE, pwhash.argon2id.MEMLIMIT_INTERACTIVE


class WrongCodes(Exception):
    """These two codes do not open this box."""


class DamagedEnvelope(Exception):
    """A sealed ballot was changed, moved to another line or copied to another member."""


def new_salt() -> str:
    """A fresh salt for a teller's code, in hex."""
    return secrets.token_bytes(pwhash.argon2id.SALTBYTES).hex()


def teller_key(box: str, code: str, salt: str) -> PrivateKey:
    """The key that a teller's code stands for in this box."""
    secret = f"thidua-teller|{box}|{code}".encode()
    seed = pwhash.argon2id.kdf(
        PrivateKey.SEED_SIZE, secret, bytes.fromhex(salt), opslimit=_OPS, memlimit=_MEMORY
    )
    return PrivateKey.from_seed(seed)


def teller_public_key(box: str, code: str, salt: str) -> str:
    """The public half of a teller's key, in hex: all that is stored of the code."""
    return bytes(teller_key(box, code, salt).public_key).hex()


def make_box(tellers: Sequence[str]) -> dict[str, Any]:
    """A new box for three tellers' public keys: its public key, verify key and seals; runs in the keeper."""
    private = PrivateKey.generate()
    seals = []
    for first, second in combinations(range(len(tellers)), 2):
        inner = _sealed_to(tellers[first], bytes(private))
        seals.append({"tellers": [first, second], "seal": _sealed_to(tellers[second], inner).hex()})
    return {
        "public_key": bytes(private.public_key).hex(),
        "verify_key": bytes(_signing_key(private).verify_key).hex(),
        "seals": seals,
    }


def _sealed_to(public_key: str, content: bytes) -> bytes:
    return bytes(SealedBox(PublicKey(bytes.fromhex(public_key))).encrypt(content))


def _signing_key(private: PrivateKey) -> SigningKey:
    return SigningKey(hashlib.blake2b(bytes(private), digest_size=32, person=b"thidua-sign").digest())


def seal_choices(public_key: str, box: str, member: str, choices: Iterable[tuple[str, str]]) -> bytes:
    """One member's (nominee, choice) pairs as sealed boxes of `SEALED` bytes each, in their order."""
    sealer = SealedBox(PublicKey(bytes.fromhex(public_key)))
    return b"".join(bytes(sealer.encrypt(_plain(box, member, *pair))) for pair in choices)


def _plain(box: str, member: str, nominee: str, choice: str) -> bytes:
    return bytes([CHOICES.index(choice)]) + _place(box, member, nominee)


def _place(box: str, member: str, nominee: str) -> bytes:
    """Where a ballot belongs: one moved to another line, member or box does not open as a ballot."""
    text = f"thidua-ballot|{box}|{member}|{nominee}".encode()
    return hashlib.blake2b(text, digest_size=PLAIN - 1).digest()


def receipt_of(box: str, sealed: bytes) -> str:
    """The receipt of an envelope, in hex: proves that it is in the box, not what it says."""
    return hashlib.sha256(b"thidua-receipt|" + box.encode() + b"|" + sealed).hexdigest()


def recover(
    box: str, tellers: Sequence[dict[str, str]], seals: Sequence[dict[str, Any]], codes: dict[int, str]
) -> PrivateKey:
    """The box's private key from two tellers' codes (place → code); WrongCodes. Runs in the keeper."""
    first, second = sorted(codes)
    seal = next((each["seal"] for each in seals if each["tellers"] == [first, second]), None)
    if seal is None:
        raise WrongCodes
    try:
        outer = SealedBox(teller_key(box, codes[second], tellers[second]["salt"]))
        inner = SealedBox(teller_key(box, codes[first], tellers[first]["salt"]))
        return PrivateKey(inner.decrypt(outer.decrypt(bytes.fromhex(seal))))
    except CryptoError as error:
        raise WrongCodes from error


def open_envelopes(
    private: PrivateKey, box: str, lines: Sequence[str], envelopes: Iterable[tuple[str, Sequence[str], bytes]]
) -> dict[str, list[str]]:
    """Nominee → choices in an order drawn anew for each nominee, without names; runs in the keeper.

    `envelopes` holds (member, the nominees on whom the member votes, sealed). DamagedEnvelope.
    """
    opened: dict[str, list[str]] = {line: [] for line in lines}
    box_opener = SealedBox(private)
    for member, nominees, sealed in envelopes:
        if len(sealed) != SEALED * len(nominees):
            raise DamagedEnvelope
        for index, nominee in enumerate(nominees):
            opened[nominee].append(_read(box_opener, box, member, nominee, sealed[index * SEALED :][:SEALED]))
    for choices in opened.values():
        secrets.SystemRandom().shuffle(choices)
    return opened


def _read(opener: SealedBox[PrivateKey], box: str, member: str, nominee: str, sealed: bytes) -> str:
    try:
        plain = opener.decrypt(sealed)
    except CryptoError as error:
        raise DamagedEnvelope from error
    if plain[1:] != _place(box, member, nominee) or plain[0] >= len(CHOICES):
        raise DamagedEnvelope
    return CHOICES[plain[0]]


def sign(private: PrivateKey, content: bytes) -> str:
    """The signature that only an opened box can give, in hex; runs in the keeper."""
    return _signing_key(private).sign(content).signature.hex()
